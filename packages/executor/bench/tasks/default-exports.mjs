// For pools whose tasks are the default export of a file, given { name, arg }.
import * as functions from './functions.mjs'

export default ({ name, arg }) => functions[name](arg)

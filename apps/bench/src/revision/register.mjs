// node --import register.mjs?root=FOLDER: packages of this project are those of another checkout.
import { register } from 'node:module'

register('./hook.mjs', {
  parentURL: import.meta.url,
  data: { root: new URL(import.meta.url).searchParams.get('root') },
})

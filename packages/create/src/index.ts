export { type CreateOptions, createProject } from './create-project.ts'
export { CreateError } from './errors.ts'

/** A project cannot be made: the folder is not empty, or the name is none. The message says what to do. */
export class CreateError extends Error {
  override readonly name: string = 'CreateError'
}

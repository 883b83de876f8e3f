export { StreamReader } from './stream-reader.ts'
export { StreamWriter } from './stream-writer.ts'
export { openConnection, startServer } from './streams.ts'
export type { ClientHandler, StreamOptions } from './streams.ts'

export { connector, createConnection, httpAgent } from './clients.ts'
export { listen } from './listen.ts'
export type { ListenOptions, SimulatedServer } from './listen.ts'
export { SimulatedSocket } from './socket.ts'

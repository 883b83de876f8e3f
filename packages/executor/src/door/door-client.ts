export function createDoorClient(standIn: unknown): unknown {
  return standIn
}

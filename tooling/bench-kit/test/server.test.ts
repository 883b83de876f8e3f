import { expect, test } from 'vitest'
import { measureServer } from '../src/server/server.mjs'

const point = { label: '1 × 64 B', connections: 1, bytes: 64 }

test('a server that does not start is a failed measurement that says why', async () => {
  await expect(measureServer([process.execPath, '-e', 'throw new Error("address in use")'], point)).rejects.toThrow(
    'the server did not start: Error: address in use',
  )
  await expect(measureServer([process.execPath, '-e', ''], point)).rejects.toThrow(
    'the server did not start: it printed no port',
  )
  await expect(measureServer(['/nowhere/at/all'], point)).rejects.toThrow('the server did not start')
})

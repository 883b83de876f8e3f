import { sleep } from '@loop/core'
import { expect, it } from 'vitest'
import type { SubprocessProtocol, SubprocessTransport } from '../src/index.ts'
import { subprocessExec, subprocessShell } from '../src/index.ts'
import { collectErrors, isRunning, onEachLoop, onLoop, until } from './support.ts'

/** Notes what happens. */
class Noting implements SubprocessProtocol {
  readonly events: unknown[] = []
  transport!: SubprocessTransport

  constructor(private readonly on: SubprocessProtocol = {}) {}

  connectionMade(transport: SubprocessTransport) {
    this.transport = transport
    this.events.push('made')
    this.on.connectionMade?.(transport)
  }
  pipeDataReceived(fd: number, bytes: Buffer) {
    this.events.push([fd, bytes.toString()])
    this.on.pipeDataReceived?.(fd, bytes)
  }
  pipeConnectionLost(fd: number, error: Error | undefined) {
    this.events.push(`lost ${fd}`)
    this.on.pipeConnectionLost?.(fd, error)
  }
  processExited() {
    this.events.push('exited')
    this.on.processExited?.()
  }
  connectionLost() {
    this.events.push('lost')
  }
  pauseWriting() {
    this.events.push('pause')
  }
  resumeWriting() {
    this.events.push('resume')
  }
  over() {
    return until(() => this.events.includes('lost'))
  }
}

onEachLoop('a process under a protocol', (make) => {
  it('tells of its life in the order of the grammar', () =>
    onLoop(async () => {
      const [transport, protocol] = await subprocessExec(() => new Noting(), 'sh', ['-c', 'echo out; echo err >&2'])
      expect(protocol.events).toEqual([])
      expect(transport.getPid()).toBeGreaterThan(1)
      expect(transport.getExtraInfo('command')).toEqual(['sh', '-c', 'echo out; echo err >&2'])
      await protocol.over()
      expect(protocol.transport).toBe(transport)
      expect(protocol.events[0]).toBe('made')
      expect(protocol.events.at(-1)).toBe('lost')
      expect(protocol.events).toHaveLength(8)
      expect(protocol.events).toEqual(
        expect.arrayContaining([[1, 'out\n'], [2, 'err\n'], 'exited', 'lost 0', 'lost 1', 'lost 2']),
      )
      expect(transport.getReturnCode()).toBe(0)
      expect(() => {
        transport.terminate()
      }).toThrow('has ended')
    }, make))

  it('is written to with back-pressure', () =>
    onLoop(async () => {
      const [transport, protocol] = await subprocessExec(() => new Noting(), 'cat', [], { stderr: 'ignore' })
      await until(() => protocol.events.includes('made'))
      const input = transport.getPipeTransport(0)!
      const output = transport.getPipeTransport(1)!
      expect(transport.getPipeTransport(2)).toBeNull()
      output.pauseReading()
      input.write(Buffer.alloc(2_000_000, 'x'))
      await sleep(50)
      expect(protocol.events).toEqual(['made', 'pause'])
      output.resumeReading()
      await until(() => protocol.events.includes('resume'))
      input.writeEof()
      await protocol.over()
      const received = protocol.events.flatMap((event) => (Array.isArray(event) ? [event[1] as string] : [])).join('')
      expect(received).toHaveLength(2_000_000)
    }, make))

  it('is ended by close, with its tree', () =>
    onLoop(async () => {
      const script = `trap '' TERM; sh -c 'echo $$; sleep 100; :' & wait`
      const [transport, protocol] = await subprocessShell(() => new Noting(), script)
      await until(() => protocol.events.some(Array.isArray))
      const pid = Number((protocol.events.find(Array.isArray) as string[])[1])
      expect(pid).toBeGreaterThan(1)
      transport.close()
      transport.close()
      expect(transport.isClosing()).toBe(true)
      await protocol.over()
      expect(transport.getReturnCode()).toBe(-9)
      await until(() => !isRunning(pid))
    }, make))

  it('hears only what it throws reported', () =>
    onLoop(async (loop) => {
      const errors = collectErrors(loop)
      const fails = (name: string) => () => {
        throw new Error(name)
      }
      const protocol = new Noting({
        connectionMade: fails('made'),
        pipeDataReceived: fails('data'),
        pipeConnectionLost: fails('pipe'),
        processExited: fails('exited'),
      })
      await subprocessExec(() => protocol, 'echo', ['x'], { stdin: 'ignore', stderr: 'ignore' })
      await protocol.over()
      expect(errors.map(({ exception }) => (exception as Error).message).sort()).toEqual([
        'data',
        'exited',
        'made',
        'pipe',
      ])
    }, make))

  it('may be replaced', () =>
    onLoop(async () => {
      const first = new Noting()
      const [transport] = await subprocessShell(() => first, 'read x; echo $x')
      await until(() => first.events.includes('made'))
      const second = new Noting()
      transport.setProtocol(second)
      expect(transport.getProtocol()).toBe(second)
      transport.getPipeTransport(0)!.write(Buffer.from('line\n'))
      await second.over()
      expect(first.events).toEqual(['made'])
      expect(second.events).toContainEqual([1, 'line\n'])
    }, make))

  it('cannot be started without a program or a protocol', () =>
    onLoop(async () => {
      await expect(subprocessExec(() => new Noting(), '/nope')).rejects.toMatchObject({ name: 'SpawnError' })
      await expect(subprocessExec(() => 3 as never, 'true')).rejects.toMatchObject({ name: 'ProtocolFactoryError' })
      await expect(
        subprocessExec(() => {
          throw new Error('mine')
        }, 'true'),
      ).rejects.toMatchObject({ name: 'ProtocolFactoryError', cause: { message: 'mine' } })
      await expect(subprocessExec({} as never, 'true')).rejects.toThrow('a function that makes a protocol')
    }, make))

  it('is ended when its start is cancelled', () =>
    onLoop(async (loop) => {
      const task = loop.createTask(async () => {
        await subprocessExec(() => new Noting(), 'sleep', ['100'])
      })
      await sleep(0)
      task.cancel()
      await expect(task).rejects.toMatchObject({ name: 'CancelledError' })
    }, make))
})

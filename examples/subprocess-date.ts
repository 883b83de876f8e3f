// A program under a protocol, and the same with streams: its output is collected, and its end is waited for.
import { getRunningLoop, run, subprocess } from '@loop/runtime'

/** Collects what a program writes; done when the program has ended and its pipes are closed. */
class Collecting implements subprocess.SubprocessProtocol {
  readonly done = getRunningLoop().createFuture<string>()
  private output = ''

  pipeDataReceived(_fd: number, bytes: Buffer): void {
    this.output += bytes.toString()
  }

  connectionLost(): void {
    this.done.setResult(this.output.trimEnd())
  }
}

const year = ['-e', "console.log(new Date('2026-05-01').getUTCFullYear())"]

await run(async () => {
  const [transport, protocol] = await subprocess.subprocessExec(() => new Collecting(), process.execPath, year)
  console.log('by a protocol:', await protocol.done, 'code', transport.getReturnCode())

  const child = await subprocess.createSubprocessExec(process.execPath, year, { stdout: 'pipe' })
  const line = await child.stdout.readLine()
  console.log('by streams:', line.toString().trimEnd(), 'code', await child.wait())
})

/* Prints:
by a protocol: 2026 code 0
by streams: 2026 code 0
*/

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ActionDone, ActionName, Refusal, Snapshot } from '@loop/demo-page/wire'
import { Program } from '@loop/test-kit'

/** Settings under which tests see much happen soon. */
export const settings = { echoClients: 2, echoPause: 20, pulseEvery: 200, failOneIn: 1 }

/** How a request was answered. */
export interface Answer {
  readonly status: number
  readonly body: Partial<ActionDone & Refusal>
}

/** The service in a process of its own, on free ports, with a configuration that the test can change. */
export class RunningService implements AsyncDisposable {
  private constructor(
    readonly program: Program,
    readonly address: string,
    private readonly folder: string,
  ) {}

  /** Starts it; `options` are further arguments of `serve`. */
  static async start(pageFolder: string, ...options: string[]): Promise<RunningService> {
    const folder = mkdtempSync(join(tmpdir(), 'loop-service-'))
    const config = join(folder, 'service.json')
    writeFileSync(config, JSON.stringify(settings))
    const args = ['--port', '0', '--echo-port', '0', '--every', '100', '--config', config, ...options]
    const program = new Program(new URL('../programs/serve.ts', import.meta.url), args, { PAGE_FOLDER: pageFolder })
    const address = /http:\S+/.exec(await program.line(/^the live view is at/))![0]
    // The last line of the start.
    await program.line(/^process \d+: SIGHUP/)
    return new RunningService(program, address, folder)
  }

  /** Writes the configuration file. */
  configure(text: string): void {
    writeFileSync(join(this.folder, 'service.json'), text)
  }

  async snapshot(): Promise<Snapshot> {
    return (await (await fetch(`${this.address}/api/snapshot`)).json()) as Snapshot
  }

  /** The first snapshot that is `wanted`; asks again until there is one. */
  async until(wanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    for (;;) {
      const snapshot = await this.snapshot()
      if (wanted(snapshot)) return snapshot
      await new Promise((next) => setTimeout(next, 20))
    }
  }

  /** Asks for an action as the page does. */
  act(action: ActionName, input: unknown = {}): Promise<Answer> {
    return this.request(`/api/actions/${action}`, {
      method: 'POST',
      body: JSON.stringify(input),
      headers: { 'x-loop-demo': '1', 'content-type': 'application/json' },
    })
  }

  async request(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.address + path, init)
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // In order, so that it removes what it made; one that hangs fails the test by its time limit.
    this.program.kill('SIGTERM')
    await this.program.end()
    rmSync(this.folder, { recursive: true })
  }
}

/** A folder that stands for the built page, where the page itself is not what is tested. */
export function fakePage(): { folder: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'loop-page-'))
  writeFileSync(join(folder, 'index.html'), '<p>page</p>')
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'assets', 'a.js'), '""')
  return {
    folder,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true })
    },
  }
}

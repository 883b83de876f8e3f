import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { SocketAddress } from '@loop/core/lowlevel'
import type { SharedMemory } from './engine/layout.ts'

/** What the addon holds for one selector. */
export type NativeEngine = object & { readonly __port: never }

/** A context of OpenSSL. */
export type NativeTlsContext = object & { readonly __tlsContext: never }

/** What OpenSSL says of a session. */
interface NativeTlsFacts {
  readonly protocol: string
  readonly servername?: string
  readonly cipher?: string
  readonly standardName?: string
  readonly cipherVersion?: string
  readonly alpn?: string
  readonly reused: number
}

/** The addon's functions. An id or error is a number: ids are positive, errors libuv's negative ones. */
export interface NativeBinding {
  open(
    backend: string,
    busyPollUs: number,
    memory: SharedMemory,
    deliver: (count: number) => void,
  ): NativeEngine | number
  /** The backend in use: another than asked for where the kernel refused that. */
  backend(engine: NativeEngine): string
  /** Why it is another, as a libuv error; 0 when it is the one asked for. */
  refusal(engine: NativeEngine): number
  /** For tests: the kernel is taken to refuse io_uring to this thread with this error; 0 ends that. */
  refuseRings(error: number): void
  close(engine: NativeEngine): void
  /** A buffer over what arrives, which the next take rewrites; another one each time. */
  slab(engine: NativeEngine): ArrayBuffer | number
  /** Arms a wait; a negative time is none. */
  arm(engine: NativeEngine, timeout: number): void
  wake(engine: NativeEngine): void
  /** Flushes, looks without waiting, and fills the event ring; how many events there are. */
  take(engine: NativeEngine): number
  flush(engine: NativeEngine): void
  watch(engine: NativeEngine, fd: number, interest: number): number
  change(engine: NativeEngine, id: number, interest: number): number
  drop(engine: NativeEngine, id: number): void
  /** A port of -1 says that `host` is a path. */
  listen(engine: NativeEngine, host: string, port: number, backlog: number, options: number): number
  /** Takes over a listening (1) or connected (0) socket: an id, or a negative error; then it stays the caller's. */
  adopt(engine: NativeEngine, fd: number, listening: 0 | 1): number
  connect(engine: NativeEngine, host: string, port: number, localHost: string, localPort: number): number
  datagram(
    engine: NativeEngine,
    host: string,
    port: number,
    remoteHost: string,
    remotePort: number,
    options: number,
  ): number
  write(engine: NativeEngine, id: number, bytes: Uint8Array): void
  /** Receives into `bytes`: a number of bytes, 0 at the end of file, negative when nothing is to be had. */
  receive(engine: NativeEngine, id: number, bytes: Uint8Array): number
  /** Sends a part of an open file after everything written: how many bytes, 0 at its end, or a negative error. */
  sendFile(engine: NativeEngine, id: number, file: number, offset: number, length: number): number
  send(engine: NativeEngine, id: number, bytes: Uint8Array, host: string, port: number): number
  address(engine: NativeEngine, id: number, remote: 0 | 1): SocketAddress | undefined
  /** The address in one half of the bytes that come with `Kind.closed`; undefined when there was none. */
  formatPeer(bytes: Uint8Array): SocketAddress | undefined
  descriptor(engine: NativeEngine, id: number): number
  setLow(engine: NativeEngine, id: number, bytes: number): void
  setNoDelay(engine: NativeEngine, id: number, on: number): void
  setKeepAlive(engine: NativeEngine, id: number, on: number, delaySeconds: number): void
  /** Sets a `ConnectionOption`; a negative value only asks. What it is now, or a negative error. */
  option(engine: NativeEngine, id: number, which: number, value: number): number
  make(kind: 'pipe' | 'socketpair' | 'terminal' | 'eventfd'): readonly number[] | number
  rawRead(fd: number, bytes: Uint8Array): number
  rawWrite(fd: number, bytes: Uint8Array): number
  rawClose(fd: number): void
  /** Whether this runtime has buffers over memory of addons; `slab` needs them. */
  readonly externalBuffers: boolean
  /** What is missing for TLS here; undefined when nothing is. `path` is this binary's. */
  tlsLoad(path: string): string | undefined
  /** The context that `make` has Node create; undefined when it was not seen. `protocols` of ALPN, as on the wire. */
  tlsContext(make: () => void, server: 0 | 1, protocols: Uint8Array): NativeTlsContext | undefined
  /** Begins a session on an open connection: 0 or a negative error. */
  tlsBegin(
    engine: NativeEngine,
    id: number,
    context: NativeTlsContext,
    flags: number,
    servername: string,
    session: Uint8Array,
    received: Uint8Array,
  ): number
  tlsFacts(engine: NativeEngine, id: number): NativeTlsFacts | undefined
  /** The peer's certificates, its own first; DER. */
  tlsCertificates(engine: NativeEngine, id: number): Buffer[] | undefined
  tlsSession(engine: NativeEngine, id: number): Buffer | undefined
  tlsVerifyText(found: number): string
  readonly backends: readonly string[]
  readonly layout: Readonly<Record<string, number>>
  /** Of the sources that the binary was built from. */
  readonly sourceHash: string
}

/**
 * The binaries that may fit here, the likelier first; the same from sources and from the build. Linux has two C
 * libraries, and no cheap call that tells which one a program runs on: what does not fit fails to load.
 */
export function candidates(platform: string = process.platform, arch: string = process.arch): readonly string[] {
  const libraries = platform === 'linux' ? ['', '-musl'] : ['']
  return libraries.map((library) =>
    fileURLToPath(new URL(`../prebuilds/${platform}-${arch}${library}/loop_native.node`, import.meta.url)),
  )
}

/** Another binary for tests over the sources. What is published has no such door: the build replaces the expression. */
const forced = process.env.LOOP_NATIVE_BINARY

let used: string | undefined

/** The binary in use, or the one that would have been. */
export function usedPath(): string {
  loadBinding()
  return used ?? forced ?? candidates()[0]!
}

let loaded: NativeBinding | Error | undefined

/** Loads the addon once; the reason why not, where it can't be loaded. */
export function loadBinding(): NativeBinding | Error {
  return (loaded ??= load())
}

function load(): NativeBinding | Error {
  // Asked before the binary is touched: both end the process at the first libuv call that they lack.
  for (const runtime of ['Bun', 'Deno']) {
    if (process.versions[runtime.toLowerCase()] !== undefined)
      return new Error(`${runtime} does not provide the parts of libuv that the addon needs`)
  }
  const failures: unknown[] = []
  for (const path of forced === undefined ? candidates() : [forced]) {
    try {
      const binding = createRequire(import.meta.url)(path) as NativeBinding
      used = path
      return binding.externalBuffers
        ? binding
        : new Error('this runtime has no buffers over memory of addons, which the addon needs')
    } catch (error) {
      failures.push(error)
    }
  }
  const reasons = failures.map((error) => (error instanceof Error ? error.message.split('\n')[0] : String(error)))
  return new Error(`no usable binary for ${process.platform}-${process.arch}: ${reasons.join('; ')}`, {
    cause: failures[0],
  })
}

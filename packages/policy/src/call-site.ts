/** Finding the line of the program in a stack that begins inside the loop. */

/** The folder that holds the packages of Loop: `node_modules/@loop`, or the checkout's `packages`. */
const packages = fileOf(new URL('../..', import.meta.url).href)

/**
 * The first frame of a stack that is not Loop's or the runtime's own, such as "main (/app/main.ts:3:5)"; undefined when
 * there is none.
 */
export function callSite(stack: string | undefined): string | undefined {
  // A program that formats its stacks itself may make anything of them.
  if (typeof stack !== 'string') return undefined
  for (const line of stack.split('\n')) {
    const frame = /^\s*at (.+)$/.exec(line)?.[1]
    if (frame !== undefined && !isOwn(frame)) return frame
  }
  return undefined
}

/** The stack of the caller, from its first line, without cost to how deep other stacks are. */
export function stackHere(above: (...args: never[]) => unknown): string | undefined {
  const here: { stack?: string } = {}
  Error.captureStackTrace(here, above)
  return here.stack
}

function isOwn(frame: string): boolean {
  const file = fileOf((/\((.+)\)$/.exec(frame)?.[1] ?? frame).replace(/^async /, ''))
  if (file.startsWith('node:') || file === '<anonymous>' || file === 'native') return true
  if (file.includes('/node_modules/@loop/')) return true
  return file.startsWith(packages) && /^[^/]+\/(src|dist)\//.test(file.slice(packages.length))
}

/**
 * The place in a frame as a path with slashes, whether the frame has a path or, as ES modules do, a URL: with escapes,
 * with a slash before Windows' drives, and without one before its network names.
 */
export function fileOf(place: string): string {
  if (!place.startsWith('file:')) return place.replaceAll('\\', '/')
  const [, host = '', path = ''] = /^file:\/\/([^/]*)(.*)$/.exec(place) ?? []
  return `${host === '' ? '' : `//${host}`}${unescaped(path).replace(/^\/(?=[A-Za-z]:)/, '')}`
}

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

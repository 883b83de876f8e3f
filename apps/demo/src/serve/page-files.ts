import { createRequire } from 'node:module'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join, relative, sep } from 'node:path'
import { PageMissingError } from './errors.ts'

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Nothing from elsewhere, nothing inline, in no frame. */
const POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** The folder into which the page is built. */
const ownFolder = (): string => dirname(createRequire(import.meta.url).resolve('@loop/demo-page/built/index.html'))

/**
 * Reads the built page into memory, by address: a few files of some 100 kB in all, and what is not among them does not
 * exist, whatever an address looks like.
 *
 * @param folder of the built page; the package's own by default
 * @throws PageMissingError when it has not been built
 */
export function readPage(folder?: string): ReadonlyMap<string, PageFile> {
  try {
    const from = folder ?? ownFolder()
    const paths = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const files = paths.map(({ parentPath, name }) => {
      const path = relative(from, join(parentPath, name)).split(sep).join('/')
      return [`/${path}`, fileOf(join(parentPath, name), path)] as const
    })
    return new Map([...files, ['/', fileOf(join(from, 'index.html'), 'index.html')]])
  } catch (cause) {
    throw new PageMissingError('the page has not been built; run "npm run build"', { cause })
  }
}

function fileOf(path: string, name: string): PageFile {
  return {
    body: readFileSync(path),
    headers: {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      // Names in assets/ carry a hash of their content.
      'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
  }
}

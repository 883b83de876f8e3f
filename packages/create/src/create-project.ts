import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateError } from './errors.ts'

/** What `createProject` takes. */
export interface CreateOptions {
  /** Where the project is made; the folder is made when it is missing, and must be empty when it is there. */
  readonly folder: string
  /** The name in its package.json; that of the folder by default. */
  readonly name?: string
  /** The range of versions of `@loop/runtime` that it asks for; by default the one that this package came out with. */
  readonly version?: string
}

/** The build puts in the version of `@loop/runtime` in the same release. */
const released = (process.env['LOOP_VERSION'] ?? '0.0.0') as string

const template = fileURLToPath(new URL('../template/', import.meta.url))

/**
 * Makes a project: a service with HTTP, jobs, a thread pool, a clean end, tests and a Dockerfile. Nothing is installed.
 *
 * ```ts
 * import { createProject } from '@loop/create'
 *
 * const files = await createProject({ folder: 'my-service' })
 * ```
 *
 * @returns the paths of the files that were written, relative to the folder
 * @throws CreateError when the folder has something in it, or when the name is not one that npm takes
 */
export async function createProject({ folder, name, version = `^${released}` }: CreateOptions): Promise<string[]> {
  if (typeof folder !== 'string' || folder === '')
    throw new CreateError('a project needs a folder: npm create @loop my-service')
  const place = resolve(folder)
  const called = name ?? nameFor(place)
  // What npm takes for a name, without the exceptions for packages from before there were rules.
  if (!/^(?:@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/.test(called) || called.length > 214) {
    throw new CreateError(
      `npm takes no package called ${JSON.stringify(called)}: use small letters, digits and dashes, with --name`,
    )
  }
  await checkEmpty(place)
  const paths = (await readdir(template, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(template, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
  const written: string[] = []
  for (const path of paths) {
    const text = await readFile(join(template, path), 'utf8')
    const target = targetOf(path)
    await mkdir(dirname(join(place, target)), { recursive: true })
    await writeFile(join(place, target), text.replaceAll('__NAME__', called).replaceAll('__VERSION__', version))
    written.push(target.split(sep).join('/'))
  }
  return written
}

/** npm leaves files such as .gitignore out of packages, and reads package.json: in the template they have other names. */
const targetOf = (path: string): string =>
  path.replace(/(^|[\\/])_/, '$1.').replace(/^\.package\.json$/, 'package.json')

/** A folder's name as npm may take it: "My Service" is my-service. */
const nameFor = (place: string): string =>
  basename(place)
    .toLowerCase()
    .replaceAll(/[^a-z\d._~-]+/g, '-')
    .replace(/^[-._]+|-+$/g, '')

/** Refuses a folder that has something in it; what a new repository or an editor has put there does not count. */
async function checkEmpty(place: string): Promise<void> {
  let entries: string[]
  try {
    entries = await readdir(place)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return
    if (code === 'ENOTDIR') throw new CreateError(`${place} is a file: choose another name for the folder`)
    throw new CreateError(`${place} cannot be used: ${(error as Error).message}`, { cause: error })
  }
  const there = entries.filter((name) => !['.git', '.idea', '.vscode', '.DS_Store'].includes(name))
  if (there.length > 0) {
    const more = there.length > 3 ? ` and ${there.length - 3} more` : ''
    throw new CreateError(
      `${place} is not empty (${there.slice(0, 3).join(', ')}${more}): choose another folder, or empty this one`,
    )
  }
}

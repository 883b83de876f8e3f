import { readFileSync, readdirSync } from 'node:fs'

const root = new URL('../', import.meta.url)

/** The programs of a folder of the examples, by their path. */
export const programsIn = (folder: '' | 'cookbook/'): string[] =>
  readdirSync(new URL(`./${folder}`, root))
    .filter((name) => name.endsWith('.ts') && !name.includes('.config.'))
    .map((name) => folder + name)

/** Where a program is. */
export const placeOf = (path: string): URL => new URL(path, root)

/** What a program says that it prints, in the comment at its end. */
export const promised = (path: string): string[] | undefined =>
  /\/\* Prints:\n([\s\S]+)\n\*\/\n$/.exec(readFileSync(placeOf(path), 'utf8'))?.[1]?.split('\n')

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { command } from '../src/command.ts'
import { CreateError, createProject } from '../src/index.ts'

let place = ''
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'loop-create-'))
})
afterEach(() => {
  rmSync(place, { recursive: true })
})
const read = (...path: string[]): string => readFileSync(join(place, ...path), 'utf8')
const json = (...path: string[]) => JSON.parse(read(...path)) as Record<string, unknown>

test('every file of the template is there, under the name that tools look for', async () => {
  const files = await createProject({ folder: join(place, 'my-service'), version: '^1.2.3' })
  expect(files).toEqual([
    'Dockerfile',
    'README.md',
    '.dockerignore',
    '.gitignore',
    'package.json',
    'src/jobs.ts',
    'src/main.ts',
    'src/service.ts',
    'src/work.ts',
    'test/jobs.test.ts',
    'test/service.test.ts',
    'tsconfig.json',
  ])
  expect(readdirSync(join(place, 'my-service'), { recursive: true }).length).toBe(files.length + 2)
  expect(json('my-service', 'package.json')).toMatchObject({
    name: 'my-service',
    dependencies: { '@loop/runtime': '^1.2.3' },
  })
  expect(read('my-service', 'README.md')).toMatch(/^# my-service\n/)
  for (const file of files) expect(read('my-service', file)).not.toMatch(/__[A-Z]+__/)
})

test('the Dockerfile copies what there is, and starts what the build makes', async () => {
  await createProject({ folder: join(place, 'x') })
  const steps = read('x', 'Dockerfile')
    .split('\n')
    .filter((line) => /^(COPY|CMD)/.test(line))
  const copied = steps.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1))
  const there = readdirSync(join(place, 'x'))
  expect(copied.map((name) => there.some((each) => each === name || /^package\*/.test(name)))).toEqual(
    copied.map(() => true),
  )
  const script = (json('x', 'package.json')['scripts'] as Record<string, string>)['start']!
  expect(steps.at(-1)).toBe(`CMD ["node", "${script.split(' ').at(-1)}"]`)
})

test.each([
  ['My Service', 'my-service'],
  ['.hidden', 'hidden'],
  ['a_b.c', 'a_b.c'],
])('the folder "%s" gives the name %s', async (folder, name) => {
  await createProject({ folder: join(place, folder) })
  expect(json(folder, 'package.json')['name']).toBe(name)
})

test('a name of its own may have a scope', async () => {
  await createProject({ folder: join(place, 'x'), name: '@acme/jobs' })
  expect(json('x', 'package.json')['name']).toBe('@acme/jobs')
})

test.each(['', 'Großbuchstaben', '@acme', 'a b', '../up', 'x'.repeat(215), '"quoted"'])(
  'the name %j is refused, and nothing is written',
  async (name) => {
    const folder = join(place, 'x')
    await expect(createProject({ folder, name })).rejects.toThrow(CreateError)
    expect(readdirSync(place)).toEqual([])
  },
)

test('a folder whose name has nothing that npm takes asks for a name', async () => {
  await expect(createProject({ folder: join(place, '日本') })).rejects.toThrow('with --name')
})

test('a folder with something in it is refused and stays as it is; what a new repository has does not count', async () => {
  writeFileSync(join(place, 'notes.txt'), 'mine')
  await expect(createProject({ folder: place, name: 'x' })).rejects.toThrow(`${place} is not empty (notes.txt)`)
  expect(readdirSync(place)).toEqual(['notes.txt'])
  await expect(createProject({ folder: join(place, 'notes.txt'), name: 'x' })).rejects.toThrow('is a file')
  mkdirSync(join(place, 'repository', '.git'), { recursive: true })
  expect((await createProject({ folder: join(place, 'repository') })).length).toBe(12)
})

/** Runs the command line: its exit code and what it said. */
async function run(args: readonly string[], agent?: string) {
  const said: string[] = []
  const complained: string[] = []
  const code = await command(args, { say: (text) => said.push(text), complain: (text) => complained.push(text) }, agent)
  return { code, said: said.join('\n'), complained: complained.join('\n') }
}

test('the command makes a project and says what to do next, in the words of the installer', async () => {
  const { code, said } = await run([join(place, 'a')])
  expect(code).toBe(0)
  expect(said).toContain('npm install\n  npm start')
  expect((await run([join(place, 'b')], 'pnpm/10.34.9 npm/? node/v20.20.2')).said).toContain('pnpm install')
  await run([join(place, 'c'), '--name', 'other'])
  expect(json('c', 'package.json')['name']).toBe('other')
})

test('what is wrong with the command line is code 2, what is wrong with the folder is code 1, each in a sentence', async () => {
  for (const args of [[], ['a', 'b'], ['--nmae', 'x']]) {
    const { code, said, complained } = await run(args)
    expect([code, said]).toEqual([2, ''])
    expect(complained).toContain('npm create @loop FOLDER')
  }
  writeFileSync(join(place, 'x'), '')
  expect(await run([place])).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('not empty') })
  expect((await run(['--help'])).said).toContain('npm create @loop FOLDER')
})

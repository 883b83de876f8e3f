import assert from 'node:assert/strict'

/** The `test` of a test runner: vitest's, node:test's, Bun's. */
export interface SuiteTest {
  (name: string, body: () => Promise<void>): unknown
  skip(name: string, body: () => Promise<void>): unknown
}

/** The cases of one theme: what must hold, in words, and the check. */
export type Cases<Subject> = Readonly<Record<string, (subject: Subject) => void | Promise<void>>>

/** What every contract suite takes. */
export interface SuiteOptions {
  /** Cases (or whole themes) that cannot hold here, by name, each with the reason. */
  readonly skip?: Readonly<Record<string, string>>
}

/**
 * Registers the cases of all themes as "theme: case". `subject` runs one case: it makes what is tested and cleans up.
 * Throws when `skip` names nothing that exists, so that a case that was renamed does not stay skipped unseen.
 */
export function registerCases<Subject>(
  test: SuiteTest,
  themes: Readonly<Record<string, Cases<Subject>>>,
  subject: (body: (subject: Subject) => void | Promise<void>) => Promise<void>,
  { skip = {} }: SuiteOptions,
): void {
  const unknown = new Set(Object.keys(skip))
  for (const [theme, cases] of Object.entries(themes)) {
    unknown.delete(theme)
    for (const [name, body] of Object.entries(cases)) {
      unknown.delete(name)
      const reason = skip[name] ?? skip[theme]
      if (reason === undefined) test(`${theme}: ${name}`, () => subject(body))
      else test.skip(`${theme}: ${name} (${reason})`, () => subject(body))
    }
  }
  assert.deepEqual([...unknown], [], 'skip names cases that the suite does not have')
}

/** Checks that `action` throws an error with this name. By name, because a package may carry its own copy of core. */
export function assertThrows(action: () => unknown, errorName: string): void {
  assert.throws(action, (error: unknown) => {
    assert.equal((error as Error).name, errorName, (error as Error).stack)
    return true
  })
}

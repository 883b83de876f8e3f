import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { describe as text, describeFully, messageOf } from '../src/base/describe.ts'

const fail = (): never => {
  throw new Error('not this one')
}

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

class UnreadableMessage extends Error {
  override get message(): string {
    return fail()
  }
}

class UnreadableStack extends Error {
  override get stack(): string {
    return fail()
  }
}

const hostileHandler: ProxyHandler<object> = {
  get: fail,
  ownKeys: fail,
  getPrototypeOf: fail,
  getOwnPropertyDescriptor: fail,
  has: fail,
}

function deep(levels: number): object {
  let value: object = {}
  for (let level = 0; level < levels; level++) value = { value }
  return value
}

/** Values of programs that make a careless printer throw, hang or print for ever. */
const odd: Record<string, unknown> = {
  'a revoked proxy': revoked({}),
  'a revoked function': revoked(() => {}),
  'a proxy that refuses everything': new Proxy({}, hostileHandler),
  'an error behind such a proxy': new Proxy(new Error('hidden'), hostileHandler),
  'an error whose message throws': new UnreadableMessage(),
  'an error whose stack throws': new UnreadableStack('unlucky'),
  'an error with a symbol for a message': Object.assign(new Error(), { message: Symbol('m') }),
  'an error with a symbol for a name': Object.assign(new Error('named'), { name: Symbol('n') }),
  'an object without a prototype': Object.create(null),
  'a list of such objects': [Object.create(null)],
  'a symbol': Symbol('s'),
  'an inspection that throws': { [inspect.custom]: fail },
  'an error whose inspection throws': Object.assign(new Error('shown'), { [inspect.custom]: fail }),
  'a tag that throws': Object.defineProperty({}, Symbol.toStringTag, { get: fail }),
  'a function whose name throws': Object.defineProperty(() => {}, 'name', { get: fail }),
  'a long text': 'x'.repeat(100_000),
  'a deep object': deep(100_000),
}

for (const [what, value] of Object.entries(odd)) {
  test(`${what} is text in every form`, () => {
    expect({ text: typeof text(value), message: typeof messageOf(value), whole: typeof describeFully(value) }).toEqual({
      text: 'string',
      message: 'string',
      whole: 'string',
    })
  })
}

test('a message holds the value in short', () => {
  function work(): void {}
  const values = [
    'a',
    7,
    null,
    undefined,
    1n,
    Symbol('s'),
    work,
    () => {},
    { id: 7 },
    [1, 2],
    new TypeError('no settings'),
    new Date(0),
  ]
  expect(values.map(text)).toEqual([
    "'a'",
    '7',
    'null',
    'undefined',
    '1n',
    'Symbol(s)',
    'the function work',
    'a function',
    '{ id: 7 }',
    '[ 1, 2 ]',
    'TypeError: no settings',
    '1970-01-01T00:00:00.000Z',
  ])
  expect(text('x'.repeat(100_000)).length).toBeLessThan(300)
})

test('the message of what was thrown', () => {
  const thrown = [
    new Error('no settings'),
    'text',
    { message: 'like an error' },
    new Error(''),
    7,
    { message: Symbol('m') },
    new UnreadableMessage(),
  ]
  expect(thrown.map(messageOf)).toEqual([
    'no settings',
    'text',
    'like an error',
    'Error: ',
    '7',
    'Symbol(m)',
    'Error: (a message that cannot be read)',
  ])
})

test('an error in whole has its stack and causes', () => {
  const shown = describeFully(new Error('outer', { cause: new Error('inner') }))
  expect(shown).toMatch(/Error: outer[^]*odd-values-as-text[^]*Error: inner/)
})

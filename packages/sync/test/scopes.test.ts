import { gather, sleep } from '@loop/core'
import { expect } from 'vitest'
import { Condition, type Hold, Lock, Semaphore } from '../src/index.ts'
import { bothForms } from './support.ts'

for (const [name, make] of [
  ['lock', () => new Lock()],
  ['condition', () => new Condition()],
  ['semaphore', () => new Semaphore(1)],
] as const) {
  bothForms(`${name}.with gives what the body gives, and releases`, function* ({ form, log }) {
    const resource = make()
    const result = yield resource.with(
      form.of(function* () {
        log.push(`inside: ${resource.locked()}`)
        yield sleep(5)
        return 'result'
      }),
    )
    expect(result).toBe('result')
    expect(log).toEqual(['inside: true'])
    expect(resource.locked()).toBe(false)
  })

  bothForms(`${name}.with releases when the body fails or is cancelled`, function* ({ form, spawn, log }) {
    const resource = make()
    try {
      yield resource.with(
        form.of(function* () {
          yield sleep(0)
          throw new Error('broken')
        }),
      )
    } catch (error) {
      log.push(String(error))
    }
    const worker = spawn('worker', function* () {
      yield resource.with(
        form.of(function* () {
          yield sleep(1000)
        }),
      )
    })
    yield sleep(0)
    log.push(`held: ${resource.locked()}`)
    worker.cancel()
    yield gather([worker], { returnExceptions: true })
    expect(log).toEqual(['Error: broken', 'held: true'])
    expect(resource.locked()).toBe(false)
  })

  bothForms(`${name}.hold holds until the end of the scope`, function* ({ log }) {
    const resource = make()
    {
      using held = (yield resource.hold()) as Hold
      log.push(`inside: ${resource.locked()}`)
      held.release()
      log.push(`released early: ${!resource.locked()}`)
    }
    {
      using _held = (yield resource.hold()) as Hold
    }
    expect(log).toEqual(['inside: true', 'released early: true'])
    expect(resource.locked()).toBe(false)
  })
}

bothForms('holds are taken in line', function* ({ spawn, log }) {
  const lock = new Lock()
  const worker = (name: string) =>
    spawn(name, function* () {
      using _held = (yield lock.hold()) as Hold
      log.push(`${name} in`)
      yield sleep(1)
      log.push(`${name} out`)
    })
  yield gather([worker('a'), worker('b')])
  expect(log).toEqual(['a in', 'a out', 'b in', 'b out'])
})

bothForms('a generator body serves an async task too, and the other way round', function* ({ form, log }) {
  const lock = new Lock()
  yield lock.with(function* () {
    yield* sleep(0)
    log.push('generator')
  })
  yield lock.with(async () => {
    await sleep(0)
    log.push('async')
  })
  log.push(form.name)
  expect(log).toEqual(['generator', 'async', form.name])
  expect(lock.locked()).toBe(false)
})

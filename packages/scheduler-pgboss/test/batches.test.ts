import { JobStoreError } from '@loop/scheduler'
import { afterEach, expect, test, vi } from 'vitest'
import { Batches } from '../src/batches.ts'
import { Limit } from '../src/limit.ts'
import { OfferQueue, oldNews } from '../src/offer-queue.ts'

afterEach(() => {
  vi.useRealTimers()
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what is asked while a statement is under way goes into the next one together, and each gets its own answer', async () => {
  const statements: (readonly number[])[] = []
  const answers: (() => void)[] = []
  const batches = new Batches(async (questions: readonly number[]) => {
    statements.push(questions)
    await new Promise<void>((resolve) => answers.push(resolve))
    return questions.map((question) => question * 10)
  })
  const first = [1, 2].map((question) => batches.add(question))
  await turn()
  const second = [3, 4, 5].map((question) => batches.add(question))
  await turn()
  expect(statements).toEqual([[1, 2]])
  answers.shift()!()
  expect(await Promise.all(first)).toEqual([10, 20])
  await turn()
  expect(statements).toEqual([
    [1, 2],
    [3, 4, 5],
  ])
  answers.shift()!()
  expect(await Promise.all(second)).toEqual([30, 40, 50])
})

test('ten thousand questions at once are asked in a few statements of bounded size', async () => {
  const sizes: number[] = []
  const batches = new Batches((questions: readonly number[]) => {
    sizes.push(questions.length)
    return Promise.resolve(questions)
  })
  const asked = Array.from({ length: 10_000 }, (_, i) => i)
  expect(await Promise.all(asked.map((question) => batches.add(question)))).toEqual(asked)
  expect(sizes).toEqual(Array.from({ length: 20 }, () => 500))
})

test('a question that the database refuses for what is in it stops no other', async () => {
  const refusal = Object.assign(new Error('invalid input syntax for type json'), { code: '22P02' })
  const batches = new Batches((questions: readonly string[]) =>
    questions.includes('bad') ? Promise.reject(refusal) : Promise.resolve(questions),
  )
  const results = await Promise.allSettled(['a', 'bad', 'b'].map((question) => batches.add(question)))
  expect(results).toEqual([
    { status: 'fulfilled', value: 'a' },
    { status: 'rejected', reason: refusal },
    { status: 'fulfilled', value: 'b' },
  ])
})

test.each([
  ['a server that ends', Object.assign(new Error('terminating connection'), { code: '57P01' })],
  ['no server', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  ['something odd', null],
])('with %s all are refused by one statement, and the next is asked', async (_, failure) => {
  let statements = 0
  const batches = new Batches((questions: readonly number[]) => {
    statements++
    return statements === 1 ? Promise.reject(failure) : Promise.resolve(questions)
  })
  const results = await Promise.allSettled([1, 2, 3].map((question) => batches.add(question)))
  expect(results).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: failure })))
  expect(statements).toBe(1)
  expect(await batches.add(4)).toBe(4)
})

test('a limit lets so many run at a time, in order, and a failure makes room for the next', async () => {
  const limit = new Limit(2)
  const begun: number[] = []
  const ends: ((failed: boolean) => void)[] = []
  const results = [0, 1, 2, 3].map((number) =>
    limit.run(() => {
      begun.push(number)
      return new Promise<number>((resolve, reject) => {
        ends[number] = (failed) => {
          if (failed) reject(new Error('failed'))
          else resolve(number)
        }
      })
    }),
  )
  await turn()
  expect(begun).toEqual([0, 1])
  ends[1]!(true)
  await expect(results[1]).rejects.toThrow('failed')
  await turn()
  expect(begun).toEqual([0, 1, 2])
  ends[0]!(false)
  ends[2]!(false)
  await turn()
  expect(begun).toEqual([0, 1, 2, 3])
  ends[3]!(false)
  expect(await Promise.all([results[0], results[2], results[3]])).toEqual([0, 2, 3])
})

test('a statement that is never answered is given up, and holds up nothing that comes after it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let silent = true
  const answer = <T>(value: T): Promise<T> => (silent ? new Promise<T>(() => {}) : Promise.resolve(value))
  const batches = new Batches((questions: readonly number[]) => answer(questions))
  const limit = new Limit(1)
  const offers = new OfferQueue(
    () => answer([{ name: 'job', watermark: 5, offered: 3, policy: null }]),
    () => answer([]),
  )
  const offer = { name: 'job', watermark: 5, occurrences: [], missed: 0, limit: Infinity }
  const ask = (): Promise<unknown>[] => [batches.add(1), limit.run(() => answer(2)), offers.add(offer)]
  const first = Promise.allSettled(ask())
  await vi.advanceTimersByTimeAsync(10_000)
  silent = false
  const second = Promise.all(ask())
  await vi.advanceTimersByTimeAsync(10_000)
  const refusal = { status: 'rejected', reason: expect.any(JobStoreError) as unknown }
  expect(await first).toEqual([refusal, refusal, refusal])
  expect(await second).toEqual([1, 2, oldNews(3)])
  expect(vi.getTimerCount()).toBe(0)
})

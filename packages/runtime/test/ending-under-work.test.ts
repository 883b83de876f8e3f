import { once } from 'node:events'
import { connect } from 'node:net'
import { Program } from '@loop/test-kit'
import { expect, test } from 'vitest'

const timeout = 30_000

async function askLine(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString()
  })
  socket.write('question\n')
  await once(socket, 'close')
  return text.trim()
}

/** 50 requests to each of its servers, and its end by SIGTERM when they and 20 jobs have begun. */
async function endUnderWork(
  mode: string,
): Promise<{ answers: Map<string, number>; lines: readonly string[]; code: number | null; errors: string }> {
  await using service = new Program(new URL('programs/service.ts', import.meta.url), [mode])
  const [, http, net] = (await service.line(/^ports/)).split(' ').map(Number) as [number, number, number]
  const requests = Array.from({ length: 50 }, () => [
    fetch(`http://127.0.0.1:${http}/`).then(async (response) => response.text(), String),
    askLine(net).catch(String),
  ]).flat()
  await service.line('all begun')
  service.kill('SIGTERM')
  const answers = new Map<string, number>()
  for (const answer of await Promise.all(requests)) answers.set(answer, (answers.get(answer) ?? 0) + 1)
  const { lines, code, errors } = await service.end()
  return { answers, lines: lines.slice(2), code, errors }
}

test('SIGTERM under 100 requests and 20 jobs: each is answered, each job ends', { timeout }, async () => {
  expect(await endUnderWork('')).toEqual({
    answers: new Map([['answer', 100]]),
    lines: ['20 jobs', 'done 0 0'],
    code: 0,
    errors: '',
  })
})

test('the same while the start hangs, which is reported', { timeout }, async () => {
  const { answers, lines, code, errors } = await endUnderWork('hang')
  expect({ answers, lines, code }).toEqual({ answers: new Map([['answer', 100]]), lines: ['20 jobs'], code: 143 })
  expect(errors.trim().split('\n')).toEqual([
    'shutdown by SIGTERM, which the program did not wait for',
    'Task-1 (main) did not end by itself and was cancelled; it waited for Sleep',
  ])
})

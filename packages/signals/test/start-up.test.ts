import { Program } from '@loop/test-kit'
import { expect, test } from 'vitest'

async function signalWhileStarting(
  where: string,
): Promise<{ code: number | null; lines: readonly string[]; errors: string }> {
  await using program = new Program(new URL('programs/start-up.ts', import.meta.url), [where])
  await program.line('starting')
  program.kill('SIGTERM')
  const { code, lines, errors } = await program.end()
  return { code, lines: lines.slice(1), errors }
}

test('a signal while the start hangs ends the program in order, and tells what was cancelled', async () => {
  expect(await signalWhileStarting('sleep')).toEqual({
    code: 143,
    lines: ['worker cleaned up', 'main cleaned up', 'closed'],
    errors: [
      'shutdown by SIGTERM, which the program did not wait for',
      'worker ((anonymous)) did not end by itself and was cancelled; it waited for Sleep',
      'Task-1 (main) did not end by itself and was cancelled; it waited for Sleep',
      '',
    ].join('\n'),
  })
})

test('a start that waits for a promise of somebody else is left behind', async () => {
  const { code, lines, errors } = await signalWhileStarting('promise')
  expect([code, lines]).toEqual([143, ['worker cleaned up', 'closed']])
  expect(errors).toMatch(
    /Task-1 \(main\) did not end by itself and was cancelled; it waited for something that the loop does not know/,
  )
})

test('a start that nothing can end is cut when the time is over, after everything else was closed', async () => {
  const { code, lines, errors } = await signalWhileStarting('stubborn')
  expect([code, lines]).toEqual([143, ['worker cleaned up', 'closed']])
  expect(errors).toMatch(/^shutdown forced while in phase 'close': not done within 1000 ms\n/)
  expect(errors).toMatch(/Task-1 \(main\) did not end; it waits for Sleep/)
})

test('a start that is only slow comes to its end, and the program to its wait', async () => {
  expect(await signalWhileStarting('slow')).toEqual({
    code: 0,
    lines: ['started', 'worker cleaned up', 'closed', 'done', 'main cleaned up'],
    errors: '',
  })
})

// Commands one after the other and side by side: what each gave, what it complained of, and how it ended.
import { gather, run, subprocess } from '@loop/runtime'

/** Runs a command of the shell and tells everything about its end. */
const told = (command: string) => async () => {
  const { returnCode, stdout, stderr } = await subprocess.run(command, [], { shell: true })
  return [`[${command}] ended with ${returnCode}`, ...named('out', stdout), ...named('err', stderr)]
}

const named = (name: string, text: string) => (text === '' ? [] : [`  ${name}: ${text.trimEnd()}`])

await run(async () => {
  for (const report of await gather([told('echo hello'), told('echo no such file >&2 && exit 2')]))
    for (const line of report) console.log(line)

  const { command, pipe } = subprocess
  const sorted = await pipe(command('sort'), { input: 'pear\nfig\napple\n', check: true })
  console.log('sorted:', sorted.stdout.trimEnd().split('\n').join(', '))

  for await (const line of subprocess.lines(process.execPath, ['-e', 'for (let i = 0; i < 3; i++) console.log(i)']))
    console.log('line', line)

  try {
    await subprocess.run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeout: 300 })
  } catch (error) {
    console.log((error as Error).name)
  }
})

/* Prints:
[echo hello] ended with 0
  out: hello
[echo no such file >&2 && exit 2] ended with 2
  err: no such file
sorted: apple, fig, pear
line 0
line 1
line 2
ProcessTimeoutError
*/

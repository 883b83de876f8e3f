/**
 * Leaves no worker behind when this program is killed outright.
 *
 * A worker that waits notices that its channel has closed; one that computes does not look. So a shell, once a program,
 * holds the numbers of the workers and reads from a pipe that only this program has open: when it ends, for whatever
 * reason, the pipe does too, and what is still there half a second later is killed. A number that has been free in
 * between is left alone, since it may be another process by then.
 *
 * Needs a POSIX shell: without one (Windows, images without a shell) a worker leaves when its computation ends.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

const SCRIPT = `trap '' INT HUP TERM
while read -r line; do pids=$line; done
for i in 1 2 3 4 5; do
  left=
  for pid in $pids; do kill -0 $pid && left="$left $pid"; done
  pids=$left
  [ -z "$pids" ] && exit
  sleep 0.1
done
kill -9 $pids`

const watched = new Set<number>()
let shell: ChildProcess | null = null

/** From now on the process does not outlive this one by more than a moment. */
export function watchOver(pid: number): void {
  watched.add(pid)
  sendPids()
}

/** It has ended. */
export function unwatch(pid: number): void {
  if (watched.delete(pid)) sendPids()
}

function sendPids(): void {
  if (process.platform === 'win32') return
  if (shell === null) {
    shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] })
    // Without a shell there is nobody to send them to.
    shell.on('error', () => {})
    shell.stdin!.on('error', () => {})
    shell.unref()
    ;(shell.stdin as Socket).unref()
  }
  shell.stdin!.write(`${[...watched].join(' ')}\n`)
}

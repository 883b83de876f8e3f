import type { HostTimer } from '@loop/core/lowlevel'
import { nodeHost } from '@loop/core/lowlevel'
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import process from 'node:process'

/** Milliseconds between looks, each of a few microseconds: peers are turned away for as long before it is reported. */
const LOOK_MS = 200

/**
 * The last one is taken and given back between two looks: a peer that is turned away frees what the next is turned away
 * for.
 */
const SPARE = 2

/** Who wants to know whether descriptors are left. */
export interface DescriptorUser {
  /** There are none: EMFILE of the process or ENFILE of the system. Called at each look. */
  exhausted(error: Error): void
  /** There are some. */
  available(): void
}

/**
 * Whether the process has descriptors left, for servers over Node: libuv accepts and closes a connection when there are
 * none, and reports nothing. So it is looked at, in the host's time, while such a server listens.
 */
const users = new Set<DescriptorUser>()
let timer: HostTimer | null = null

export function watchDescriptors(user: DescriptorUser): void {
  if (process.platform === 'win32') return
  users.add(user)
  if (timer === null) lookLater()
}

export function unwatchDescriptors(user: DescriptorUser): void {
  users.delete(user)
  if (users.size > 0 || timer === null) return
  nodeHost.clearTimer(timer)
  timer = null
}

function lookLater(): void {
  timer = nodeHost.timer(look, LOOK_MS)
  // It keeps nothing alive.
  ;(timer as { unref?(): void }).unref?.()
}

function look(): void {
  lookLater()
  const opened: number[] = []
  try {
    while (opened.length < SPARE) opened.push(openSync(devNull, 'r'))
    for (const user of users) user.available()
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'EMFILE' || code === 'ENFILE') for (const user of users) user.exhausted(error as Error)
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

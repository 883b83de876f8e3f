import process from 'node:process'

/** The first descriptor that systemd passes. */
const FIRST = 3

/** A listening socket that was opened by whoever started this process. */
export interface PassedSocket {
  readonly fd: number
  /** What the starter calls it; '' where it says nothing. */
  readonly name: string
}

/**
 * The sockets that systemd (or another starter that follows its `sd_listen_fds`) has passed to this process; none when
 * it was started otherwise. The environment that says so is taken away, so that child processes do not think that it is
 * theirs.
 *
 * ```ts
 * for (const { fd } of listenFds()) await createServer(() => new Echo(), { fd })
 * ```
 */
export function listenFds(): readonly PassedSocket[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names = '' } = process.env
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete process.env[name]
  const passed = Number(count)
  if (Number(pid) !== process.pid || !Number.isInteger(passed) || passed < 0) return []
  const called = names.split(':')
  return Array.from({ length: passed }, (_, place) => ({ fd: FIRST + place, name: called[place] ?? '' }))
}

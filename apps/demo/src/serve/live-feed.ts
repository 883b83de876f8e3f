/**
 * Snapshots for every page that watches, as server-sent events. One is taken for all of them, and none while nobody
 * watches: the view costs an unwatched service nothing.
 */
import type { ServerResponse } from 'node:http'
import type { EventLoop, TimerHandle } from '@loop/core'
import type { Snapshot } from '@loop/demo-page/wire'
import { TooManyWatchersError } from './errors.ts'
import type { ViewFigures } from './snapshot.ts'

/** Pages at a time: far more than one person opens, few enough that their copies are cheap. */
const MOST_WATCHERS = 32

/** A page that has not taken this many bytes is left out until it has: it gets the newest state then, not a backlog. */
const BACKLOG = 64 * 1024

/** Milliseconds after which a page that lost the connection tries again; what EventSource is told. */
const RETRY = 1000

/** See the top of the file. */
export class LiveFeed {
  private readonly watchers = new Set<ServerResponse>()
  private timer: TimerHandle | null = null
  private cost = 0
  private closed = false

  constructor(
    private readonly loop: EventLoop,
    /** Milliseconds between two snapshots. */
    readonly every: number,
    private readonly take: (view: ViewFigures) => Snapshot,
  ) {}

  /** The state now, for those who do not watch. */
  snapshot(): Snapshot {
    return this.take({ every: this.every, snapshotCost: this.cost, watchers: this.watchers.size })
  }

  /** Begins to send to a page, with the state of now. Throws TooManyWatchersError. */
  add(response: ServerResponse): void {
    if (this.closed || this.watchers.size >= MOST_WATCHERS) {
      throw new TooManyWatchersError(
        503,
        this.closed ? 'the service is ending' : `${MOST_WATCHERS} pages watch already; close one`,
      )
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(`retry: ${RETRY}\n\n`)
    response.on('close', () => this.watchers.delete(response))
    this.watchers.add(response)
    this.timer?.cancel()
    this.tick()
  }

  /** Sends a snapshot now, between two regular ones: for moments that would be over before the next. */
  publish(): void {
    if (this.watchers.size === 0) return
    const began = performance.now()
    const text = `event: snapshot\ndata: ${JSON.stringify(this.snapshot())}\n\n`
    for (const watcher of this.watchers) if (watcher.writableLength < BACKLOG) watcher.write(text)
    this.cost = performance.now() - began
  }

  /** Says good-bye to every page; there are no new ones. */
  close(): void {
    this.closed = true
    this.timer?.cancel()
    for (const watcher of this.watchers) watcher.end('event: ending\ndata: {}\n\n')
  }

  private tick(): void {
    this.timer = null
    if (this.watchers.size === 0 || this.closed) return
    this.publish()
    this.timer = this.loop.callLater(this.every, publishSnapshot, this)
  }

  /** @internal */
  next(): void {
    this.tick()
  }
}

/** The name under which it stands in reports of slow callbacks. */
function publishSnapshot(feed: LiveFeed): void {
  feed.next()
}

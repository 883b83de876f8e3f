import type { Range } from '../network/conditions.ts'

/** What may go wrong. */
export type FaultKind =
  /** A process is killed, and started again. */
  | 'crash'
  /** A machine loses its power. */
  | 'powerLoss'
  /** Two hosts do not reach each other. */
  | 'partition'
  /** One host does not reach another. */
  | 'oneWay'
  /** A host reaches nobody. */
  | 'isolation'
  /** What two hosts send each other is held up. */
  | 'hold'
  /** All connections of two hosts break. */
  | 'reset'
  /** A link is slow. */
  | 'slow'
  /** A program stands still. */
  | 'pause'
  /** A program neither reads nor gets rid of what it writes. */
  | 'clog'
  /** A wall clock jumps, and stays wrong. */
  | 'clockJump'
  /** A host's clocks run too fast or too slow. */
  | 'drift'

/** What goes wrong at random, and how often. */
export interface FaultProfile {
  /** Milliseconds from one fault to the next; 500 to 5,000 by default. */
  readonly every?: Range
  /** Milliseconds until a fault is mended; 100 to 4,000 by default. */
  readonly lasts?: Range
  /** How often each kind comes, compared with the others; one that is not named never does. All, by default. */
  readonly kinds?: Partial<Record<FaultKind, number>> | readonly FaultKind[]
  /** The hosts that faults may strike; by default all that are not clients. */
  readonly hosts?: readonly string[]
  /** Milliseconds of the world after which no fault begins, so that programs can recover; never by default. */
  readonly until?: number
}

/** Faults that are being injected; dispose of it to begin no more. */
export interface RandomFaults extends Disposable {
  /** Begins no more; what is broken is mended when it was to be. */
  stop(): void
}

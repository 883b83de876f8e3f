/** The parser is a third of this package; it is loaded with the first function that is shipped by source. */
import type { AnyFunction } from '@loop/core'
import type { NotSerializableError } from '../errors.ts'

/** What shipping a function takes, or why it cannot be shipped. */
export type Analyser = (fn: AnyFunction) => { readonly source: string; readonly strict: boolean } | NotSerializableError

let loaded: Analyser | null = null
let loading: Promise<void> | null = null

/** The analyser, when it is there. */
export function loadedAnalyser(): Analyser | null {
  return loaded
}

export function loadAnalyser(): Promise<void> {
  loading ??= import('./analyser.ts').then(
    ({ analyse }) => {
      loaded = analyse
    },
    (error: unknown) => {
      // The next function tries again.
      loading = null
      throw error
    },
  )
  return loading
}

// The runtimes package is a tool in plain JavaScript; it has no types of its own.
interface Runtime {
  readonly name: string
}

/** Path of a Node of this line, fetched on first use, or why it cannot be had here. */
export async function nodeBinary(name: string): Promise<{ path: string } | { skipped: string }> {
  const { runtimesFor } = (await import('../../../tooling/runtimes/runtimes.mjs' as string)) as {
    runtimesFor(): readonly Runtime[]
  }
  const { binaryOf } = (await import('../../../tooling/runtimes/fetch.mjs' as string)) as {
    binaryOf(runtime: Runtime): Promise<string>
  }
  const runtime = runtimesFor().find((known) => known.name === name)
  if (runtime === undefined) return { skipped: `there is no runtime called "${name}"` }
  try {
    return { path: await binaryOf(runtime) }
  } catch (error) {
    return { skipped: (error as Error).message }
  }
}

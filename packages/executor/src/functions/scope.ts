/** One scope of a function's source: the names it declares and the names used in it. */
export class Scope {
  private readonly declared = new Set<string>()
  private readonly used = new Set<string>()

  constructor(
    readonly parent: Scope | null,
    /** `var` belongs to the nearest scope of this kind. */
    readonly isFunction: boolean,
  ) {}

  declare(name: string): void {
    this.declared.add(name)
  }

  /** Declares a `var`, or a function of sloppy code, where it belongs. */
  declareVar(name: string): void {
    if (this.isFunction || this.parent === null) this.declare(name)
    else this.parent.declareVar(name)
  }

  use(name: string): void {
    this.used.add(name)
  }

  /** Every declaration of the scope is known now, hoisted ones too: what it does not declare, its parent must. */
  close(): void {
    if (this.parent === null) return
    for (const name of this.used) if (!this.declared.has(name)) this.parent.use(name)
  }

  /** The names that neither this scope nor one inside it declares; of the outermost scope. */
  free(): string[] {
    return [...this.used].filter((name) => !this.declared.has(name))
  }
}

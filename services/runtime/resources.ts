type Dispose = () => Promise<void>

/**
 * Resources that a start has opened, closed in reverse order. The methods correspond to those of
 * `AsyncDisposableStack`. If the start fails halfway, disposing closes what was opened so far.
 */
export class Resources implements AsyncDisposable {
  #open: Dispose[] = []

  /** Adds a resource that has `Symbol.asyncDispose`, and returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#open.push(async () => resource[Symbol.asyncDispose]())
    return resource
  }

  /**
   * Adds a resource that has no `Symbol.asyncDispose`, with the function that closes it. Returns
   * it.
   */
  adopt<T>(resource: T, dispose: (resource: T) => Promise<void>): T {
    this.#open.push(async () => dispose(resource))
    return resource
  }

  /** Moves all resources to a new instance. Disposing the old one then closes nothing. */
  move(): Resources {
    const moved = new Resources()
    moved.#open = this.#open
    this.#open = []
    return moved
  }

  /** Closes all resources, even if some fail. Then throws the first failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = []
    for (const dispose of this.#open.splice(0).reverse()) {
      await dispose().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

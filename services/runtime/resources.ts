type Dispose = () => Promise<void>

/** What a start has opened so far, to be closed in the opposite order. */
export class Resources implements AsyncDisposable {
  #open: Dispose[] = []

  /** Remembers a resource that can dispose of itself. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#open.push(async () => resource[Symbol.asyncDispose]())
    return resource
  }

  /** Remembers a resource of a library, with what closes it. */
  adopt<T>(resource: T, dispose: (resource: T) => Promise<void>): T {
    this.#open.push(async () => dispose(resource))
    return resource
  }

  /** Hands all of it to a new owner: disposing this one closes nothing any more. */
  move(): Resources {
    const moved = new Resources()
    moved.#open = this.#open
    this.#open = []
    return moved
  }

  /** Closes all, whatever fails; the first failure is thrown at the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = []
    for (const dispose of this.#open.splice(0).reverse()) {
      await dispose().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

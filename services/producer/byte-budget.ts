/** Bytes that may be held at one time. */
export class ByteBudget {
  readonly #limit: number
  #taken = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  /** Takes the bytes and gives what returns them, once; undefined where they are not to be had. */
  take(bytes: number): (() => void) | undefined {
    if (this.#taken + bytes > this.#limit) return undefined
    this.#taken += bytes
    let held = bytes
    return () => {
      this.#taken -= held
      held = 0
    }
  }
}

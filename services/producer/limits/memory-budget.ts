/**
 * Bytes that may be held at one time, by all who hold some. Who is slow to finish gives way: where
 * there is no room, the shares that have grown for longest are called off first.
 */
export class MemoryBudget {
  readonly #limit: number
  readonly #patience: number
  /** Shares that still grow, the oldest first. */
  readonly #growing = new Map<MemoryReservation, Growing>()
  #taken = 0

  /**
   * @param limitBytes bytes
   * @param patience milliseconds that a share may grow before it has to give way
   */
  constructor(limitBytes: number, patience: number) {
    this.#limit = limitBytes
    this.#patience = patience
  }

  get limitBytes(): number {
    return this.#limit
  }

  get usedBytes(): number {
    return this.#taken
  }

  /** Whether so many more could be taken now, if need be in place of the slow. */
  hasRoomFor(bytes: number): boolean {
    if (this.#fits(bytes)) return true
    let free = this.#limit - this.#taken
    for (const [, { held }] of this.#slow()) free += held()
    return bytes <= free
  }

  /** A share of the budget that grows, and is given back whole. */
  openReservation(): MemoryReservation {
    let held = 0
    const growing = { since: performance.now(), held: () => held, callOff: (): void => undefined }
    const share: MemoryReservation = {
      reserve: (bytes) => {
        if (!this.#makeRoomFor(bytes, share)) return false
        this.#taken += bytes
        held += bytes
        return true
      },
      markComplete: () => {
        this.#growing.delete(share)
      },
      release: () => {
        this.#growing.delete(share)
        this.#taken -= held
        held = 0
      },
      onEvicted: (then) => {
        growing.callOff = then
      },
    }
    this.#growing.set(share, growing)
    return share
  }

  #fits(bytes: number): boolean {
    return this.#taken + bytes <= this.#limit
  }

  #makeRoomFor(bytes: number, taker: MemoryReservation): boolean {
    if (this.#fits(bytes)) return true
    if (!this.hasRoomFor(bytes)) return false
    for (const [share, { callOff }] of this.#slow()) {
      if (share === taker) return false
      share.release()
      callOff()
      if (this.#fits(bytes)) return true
    }
    return false
  }

  *#slow(): Generator<[MemoryReservation, Growing]> {
    const now = performance.now()
    for (const [share, growing] of this.#growing) {
      // All have the same patience: the first that still has some is followed by none that has not.
      if (now - growing.since < this.#patience) return
      yield [share, growing]
    }
  }
}

type Growing = {
  readonly since: number
  readonly held: () => number
  readonly callOff: () => void
}

export type MemoryReservation = {
  /** False, and nothing taken, where there is no room. */
  readonly reserve: (bytes: number) => boolean
  /** Says that it will not grow any more: it need not give way. */
  readonly markComplete: () => void
  readonly release: () => void
  /** Tells when it has had to give way; it is given back already. */
  readonly onEvicted: (then: () => void) => void
}

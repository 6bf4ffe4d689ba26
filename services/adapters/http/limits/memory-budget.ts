/**
 * Limits the bytes that all reservations together may hold. When the budget is full, slow
 * reservations are evicted to make room, the oldest first.
 */
export class MemoryBudget {
  readonly #limitBytes: number
  readonly #evictableAfterMs: number
  /** Reservations that are not complete yet, the oldest first. */
  readonly #growing = new Map<MemoryReservation, GrowingReservation>()
  #usedBytes = 0

  /** @param evictableAfterMs a reservation that is not complete after this time may be evicted */
  constructor(limitBytes: number, evictableAfterMs: number) {
    this.#limitBytes = limitBytes
    this.#evictableAfterMs = evictableAfterMs
  }

  get limitBytes(): number {
    return this.#limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Whether this many bytes can be reserved now, if necessary by evicting slow reservations. */
  hasRoomFor(bytes: number): boolean {
    if (this.#fits(bytes)) return true
    let free = this.#limitBytes - this.#usedBytes
    for (const [, { heldBytes }] of this.#evictable()) free += heldBytes()
    return bytes <= free
  }

  /** Opens an empty reservation. It grows with each `reserve` and is released as a whole. */
  openReservation(): MemoryReservation {
    let held = 0
    const growing = {
      openedAt: performance.now(),
      heldBytes: () => held,
      notifyEvicted: (): void => undefined,
    }
    const reservation: MemoryReservation = {
      reserve: (bytes) => {
        if (!this.#makeRoomFor(bytes, reservation)) return false
        this.#usedBytes += bytes
        held += bytes
        return true
      },
      markComplete: () => {
        this.#growing.delete(reservation)
      },
      release: () => {
        this.#growing.delete(reservation)
        this.#usedBytes -= held
        held = 0
      },
      onEvicted: (callback) => {
        growing.notifyEvicted = callback
      },
    }
    this.#growing.set(reservation, growing)
    return reservation
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.#limitBytes
  }

  /** Never evicts the requester or a reservation that is newer than it. */
  #makeRoomFor(bytes: number, requester: MemoryReservation): boolean {
    if (this.#fits(bytes)) return true
    if (!this.hasRoomFor(bytes)) return false
    for (const [reservation, { notifyEvicted }] of this.#evictable()) {
      if (reservation === requester) return false
      reservation.release()
      notifyEvicted()
      if (this.#fits(bytes)) return true
    }
    return false
  }

  *#evictable(): Generator<[MemoryReservation, GrowingReservation]> {
    const now = performance.now()
    for (const [reservation, growing] of this.#growing) {
      // All have the same time limit and are sorted by age, so the rest is not evictable either.
      if (now - growing.openedAt < this.#evictableAfterMs) return
      yield [reservation, growing]
    }
  }
}

type GrowingReservation = {
  /** Milliseconds of the monotonic clock. */
  readonly openedAt: number
  readonly heldBytes: () => number
  readonly notifyEvicted: () => void
}

export type MemoryReservation = {
  /** Returns false and reserves nothing if there is no room. */
  readonly reserve: (bytes: number) => boolean
  /** Declares that it will not grow any more. It is not evicted after that. */
  readonly markComplete: () => void
  readonly release: () => void
  /** Sets the function that is called after an eviction; the bytes are released already. */
  readonly onEvicted: (callback: () => void) => void
}

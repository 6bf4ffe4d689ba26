/**
 * Limits the bytes that all reservations together may hold. When the budget is full, slow
 * reservations are evicted to make room, the oldest first.
 */
export class MemoryBudget {
  readonly #limitBytes: number
  readonly #evictableAfterMs: number
  /** Reservations that are not complete yet, the oldest first. */
  readonly #growing = new Set<GrowingReservation>()
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
    for (const { heldBytes } of this.#evictable()) free += heldBytes
    return bytes <= free
  }

  /** Opens an empty reservation. It grows with each `reserve` and is released as a whole. */
  openReservation(): MemoryReservation {
    const reservation = new GrowingReservation(this)
    this.#growing.add(reservation)
    return reservation
  }

  /** Opens a reservation that will not grow, and is never evicted. Returns undefined if there is no room. */
  reserve(bytes: number): Pick<MemoryReservation, 'release'> | undefined {
    const reservation = new GrowingReservation(this)
    return reservation.reserve(bytes) ? reservation : undefined
  }

  /** Counts further bytes of a reservation, if there is room. */
  grow(reservation: GrowingReservation, bytes: number): boolean {
    if (!this.#makeRoomFor(bytes, reservation)) return false
    this.#usedBytes += bytes
    return true
  }

  /** Does not evict the reservation any more. */
  keep(reservation: GrowingReservation): void {
    this.#growing.delete(reservation)
  }

  /** Counts bytes as free. */
  free(bytes: number): void {
    this.#usedBytes -= bytes
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.#limitBytes
  }

  /** Never evicts the requester or a reservation that is newer than it. */
  #makeRoomFor(bytes: number, requester: GrowingReservation): boolean {
    if (this.#fits(bytes)) return true
    if (!this.hasRoomFor(bytes)) return false
    for (const reservation of this.#evictable()) {
      if (reservation === requester) return false
      reservation.evict()
      if (this.#fits(bytes)) return true
    }
    return false
  }

  *#evictable(): Generator<GrowingReservation> {
    const now = performance.now()
    for (const reservation of this.#growing) {
      // All have the same time limit and are sorted by age, so the rest is not evictable either.
      if (now - reservation.openedAt < this.#evictableAfterMs) return
      yield reservation
    }
  }
}

export type MemoryReservation = {
  /** Returns false and reserves nothing if there is no room. */
  reserve(bytes: number): boolean
  /** Declares that it will not grow any more. It is not evicted after that. */
  markComplete(): void
  release(): void
  /** Sets the function that is called after an eviction; the bytes are released already. */
  onEvicted(callback: () => void): void
}

/** A class, because each request opens one: closures would cost more. */
class GrowingReservation implements MemoryReservation {
  /** Milliseconds of the monotonic clock. */
  readonly openedAt = performance.now()
  heldBytes = 0
  readonly #budget: MemoryBudget
  #notifyEvicted: (() => void) | undefined

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  reserve(bytes: number): boolean {
    if (!this.#budget.grow(this, bytes)) return false
    this.heldBytes += bytes
    return true
  }

  markComplete(): void {
    this.#budget.keep(this)
  }

  release(): void {
    this.#budget.keep(this)
    this.#budget.free(this.heldBytes)
    this.heldBytes = 0
  }

  onEvicted(callback: () => void): void {
    this.#notifyEvicted = callback
  }

  evict(): void {
    this.release()
    this.#notifyEvicted?.()
  }
}

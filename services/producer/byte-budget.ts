/** Bytes that may be held at one time, by all who hold some. */
export class ByteBudget {
  readonly #limit: number
  #taken = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  /** Whether so many more could be taken now. */
  hasRoomFor(bytes: number): boolean {
    return this.#taken + bytes <= this.#limit
  }

  /** A share of the budget that grows, and is given back whole. */
  open(): BudgetShare {
    let held = 0
    return {
      take: (bytes) => {
        if (!this.hasRoomFor(bytes)) return false
        this.#taken += bytes
        held += bytes
        return true
      },
      giveBack: () => {
        this.#taken -= held
        held = 0
      },
    }
  }
}

export type BudgetShare = {
  /** False, and nothing taken, where there is no room. */
  readonly take: (bytes: number) => boolean
  readonly giveBack: () => void
}

import type { Kind } from './message.ts'

/** The messages that were sent, and which of them Kafka has acknowledged. Their number is their index. */
export class Account {
  readonly run: string
  readonly #kinds: Kind[] = []
  readonly #acknowledged: boolean[] = []
  /** Acknowledged messages, each counted once. */
  acknowledged = 0
  /** Messages in sends that failed, counted for each attempt. */
  refused = 0

  constructor(run: string) {
    this.run = run
  }

  /** @returns the number of the new message */
  add(kind: Kind): number {
    this.#acknowledged.push(false)
    return this.#kinds.push(kind) - 1
  }

  acknowledge(number: number): void {
    if (this.#acknowledged[number] === false) this.acknowledged += 1
    this.#acknowledged[number] = true
  }

  /** The key and the header `id` of a message. */
  unitOf(number: number): string {
    return `${this.run}-${number}`
  }

  *sent(): Generator<SentMessage> {
    for (const [number, kind] of this.#kinds.entries())
      yield {
        unit: this.unitOf(number),
        kind,
        isAcknowledged: this.#acknowledged[number] === true,
      }
  }
}

export type SentMessage = {
  readonly unit: string
  readonly kind: Kind
  readonly isAcknowledged: boolean
}

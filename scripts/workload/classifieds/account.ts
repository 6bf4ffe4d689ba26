import type { Content, RunName } from './content.ts'

/** Where a record is in the topic. */
export type Place = { readonly partition: number; readonly offset: number }

/**
 * The records that were sent, and where Kafka has put those that it has acknowledged. It does not use
 * the account of the platform. A record has the number in which it was created.
 */
export class Account {
  readonly run: RunName
  readonly #contents: Content[] = []
  readonly #places: (Place | undefined)[] = []
  /** Acknowledged records, each counted once. */
  acknowledged = 0
  /** Records in sends that failed, counted for each attempt. */
  refused = 0

  constructor(run: RunName) {
    this.run = run
  }

  /** @returns the number of the new record */
  add(content: Content): number {
    this.#places.push(undefined)
    return this.#contents.push(content) - 1
  }

  acknowledge(unit: number, place: Place): void {
    if (this.#places[unit] === undefined) this.acknowledged += 1
    this.#places[unit] = place
  }

  contentOf(unit: number): Content | undefined {
    return this.#contents[unit]
  }

  /** The acknowledged records and their places. */
  *acknowledgedPlaces(): Generator<readonly [unit: number, place: Place]> {
    for (const [unit, place] of this.#places.entries()) if (place) yield [unit, place]
  }
}

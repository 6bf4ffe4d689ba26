import type { Random } from '../../../fleet/random.ts'
import type { Content, RowForm } from './content.ts'
import { garbage } from './content.ts'

/**
 * The versions of an advertisement in the order in which they are sent. 0 is the first one, 1 is newer,
 * -1 is older. A version that is sent again is the last one of its advertisement: whether the platform
 * counts an earlier repetition as a duplicate or as an update depends on its transactions.
 */
const versions: readonly (readonly number[])[] = [
  [0],
  [0],
  [0, 0],
  [0, 1],
  [0, -1],
  [0, 1, 1],
  [0, 1, -1],
  [0, -1, 1, 1],
  [0, 2, 1],
  [0, 1, 2, 3, 3],
]
/** Shares of all records and of all advertisements. */
const shares = { garbage: 0.03, fine: 0.05, held: 0.005 }
/** Most held advertisements of a line. A batch with one of them is stored row by row. */
const maxHeld = 3
/** Advertisements that have further versions to send. */
const maxOpen = 50

type OpenAdvertisement = {
  readonly form: RowForm
  readonly key: number
  readonly ranks: readonly number[]
}

/** Creates the records of one line: advertisements, further versions of them, and garbage. */
export class VersionSource {
  readonly #random: Random
  readonly #nextKey: () => number
  #open: OpenAdvertisement[] = []
  /** Advertisements whose only record so far is held back. */
  readonly held: number[] = []

  /** @param nextKey returns a new number */
  constructor(random: Random, nextKey: () => number) {
    this.#random = random
    this.#nextKey = nextKey
  }

  /** Creates records. Each advertisement has at most one of them, so that its versions keep their order. */
  create(count: number): Content[] {
    const later: OpenAdvertisement[] = []
    const contents = Array.from({ length: count }, () => this.#createOne(later))
    this.#open.push(...later)
    return contents
  }

  #createOne(later: OpenAdvertisement[]): Content {
    if (this.#random() < shares.garbage) return this.#createGarbage()
    const { form, key, ranks } = this.#takeOpen() ?? this.#createAdvertisement()
    const [rank = 0, ...following] = ranks
    if (following.length > 0) later.push({ form, key, ranks: following })
    return { form, key, rank }
  }

  #createGarbage(): Content {
    const variant = Math.floor(this.#random() * garbage.length)
    return { form: 'garbage', key: this.#nextKey(), variant }
  }

  /** A further version is as probable as the number of advertisements that have one. */
  #takeOpen(): OpenAdvertisement | undefined {
    const index = Math.floor(this.#random() * maxOpen)
    return this.#open.splice(index, 1)[0]
  }

  #createAdvertisement(): OpenAdvertisement {
    const key = this.#nextKey()
    const chance = this.#random()
    if (chance < shares.held && this.held.length < maxHeld) {
      this.held.push(key)
      return { form: 'held', key, ranks: [0] }
    }
    const form = chance < shares.held + shares.fine ? 'fine' : 'plain'
    return { form, key, ranks: versions[key % versions.length] ?? [0] }
  }
}

/**
 * The record after which a redrive finds a newer row, an older one, or none. Undefined for none.
 *
 * @param key the number of an advertisement that is held back
 */
export function closingRecord(key: number): Content | undefined {
  if (key % 3 === 0) return undefined
  return { form: 'plain', key, rank: key % 3 === 1 ? 1 : -1 }
}

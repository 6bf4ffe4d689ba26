import { setTimeout as wait } from 'node:timers/promises'
import { manyReadings, postJson } from './http-client.ts'

type Posted = ReturnType<typeof manyReadings>[number]

const readingsPerPost = 25
const pauseMs = 50

/** Posts readings to a producer, and keeps what was acknowledged with its receipt. */
export class CountedTraffic implements AsyncDisposable {
  /** The acknowledged readings by the key of their row. */
  readonly receipts = new Map<string, string>()
  /** The receipts of readings posted again unchanged, and of others posted under their keys. */
  readonly reposted: { readonly duplicates: string[]; readonly conflicts: string[] } = {
    duplicates: [],
    conflicts: [],
  }
  refused = 0
  readonly #target: { readonly url: string }
  readonly #end = new AbortController()
  #last: readonly Posted[] = []
  #rounds = 0
  #running: Promise<void> = Promise.resolve()

  constructor(target: { readonly url: string }) {
    this.#target = target
  }

  /** Goes on posting new readings until it is stopped. */
  start(): void {
    this.#running = this.#postOn()
  }

  async #postOn(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.postNew(readingsPerPost)
      await wait(pauseMs)
    }
  }

  /** Posts readings that no other has the key of. */
  async postNew(count: number, target = this.#target): Promise<void> {
    this.#rounds += 1
    const round = this.#rounds
    const readings = manyReadings(count, `R${round}`)
    const receipts = await this.#post(readings, target)
    for (const [index, reading] of readings.entries()) {
      const receipt = receipts?.[index]
      if (receipt !== undefined) this.receipts.set(keyOf(reading), receipt)
    }
    if (receipts) this.#last = readings
  }

  /** Posts the last readings again, unchanged: each becomes a duplicate. */
  async postDuplicates(): Promise<readonly string[]> {
    const receipts = (await this.#post(this.#last, this.#target)) ?? []
    this.reposted.duplicates.push(...receipts)
    return receipts
  }

  /** Posts other readings under the keys of the last ones: each becomes a dead letter. */
  async postConflicts(): Promise<readonly string[]> {
    const others = this.#last.map((reading) => ({ ...reading, speed: reading.speed + 1 }))
    const receipts = (await this.#post(others, this.#target)) ?? []
    this.reposted.conflicts.push(...receipts)
    return receipts
  }

  /** @returns the receipts, where the post was acknowledged */
  async #post(
    readings: readonly Posted[],
    target: { readonly url: string },
  ): Promise<readonly string[] | undefined> {
    const answer = await postJson(target, readings).catch(() => undefined)
    if (answer?.status === 202) return answer.body['receipts'] as string[]
    this.refused += 1
    return undefined
  }

  async stop(): Promise<void> {
    this.#end.abort()
    await this.#running
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** A vehicle has one reading of a sequence here. */
function keyOf({ vin, sequence }: Posted): string {
  return `${vin} ${sequence}`
}

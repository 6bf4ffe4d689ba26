import { setTimeout as wait } from 'node:timers/promises'
import { manyReadings, postJson } from './http-client.ts'

type Posted = ReturnType<typeof manyReadings>[number]

const readingsPerPost = 25
const pauseMs = 50

/** Posts readings to a producer and records the receipts of the acknowledged ones. */
export class CountedTraffic implements AsyncDisposable {
  /** Receipts of the acknowledged readings, by the key of their row. */
  readonly receipts = new Map<string, string>()
  /**
   * Receipts of readings posted again: unchanged (`duplicates`) or changed under the same key
   * (`conflicts`).
   */
  readonly reposted: { readonly duplicates: string[]; readonly conflicts: string[] } = {
    duplicates: [],
    conflicts: [],
  }
  refused = 0
  readonly #target: { readonly url: string }
  readonly #stopping = new AbortController()
  #last: readonly Posted[] = []
  #rounds = 0
  #running: Promise<void> = Promise.resolve()

  constructor(target: { readonly url: string }) {
    this.#target = target
  }

  /** Posts new readings continuously until stopped. */
  start(): void {
    this.#running = this.#postContinuously()
  }

  async #postContinuously(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.postNew(readingsPerPost)
      await wait(pauseMs)
    }
  }

  /** Posts readings with new keys. */
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

  /** Posts changed readings under the keys of the last ones: each becomes a dead letter. */
  async postConflicts(): Promise<readonly string[]> {
    const changed = this.#last.map((reading) => ({ ...reading, speed: reading.speed + 1 }))
    const receipts = (await this.#post(changed, this.#target)) ?? []
    this.reposted.conflicts.push(...receipts)
    return receipts
  }

  /** Returns the receipts; undefined if the request was not acknowledged. */
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
    this.#stopping.abort()
    await this.#running
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Unique in this test: each vehicle has one reading per sequence number. */
function keyOf({ vin, sequence }: Posted): string {
  return `${vin} ${sequence}`
}

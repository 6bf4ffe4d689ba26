import { sleep } from '../../../services/runtime/retry.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { SendingPlan, Sender } from '../workload.ts'
import type { Fill } from './fill-topic.ts'
import { fillTopic } from './fill-topic.ts'

const appendIntervalMs = 100

/** Appends numbered readings to the topic at a steady rate, without HTTP. */
export class AppendedReadings implements Sender {
  rate = 0
  /** The number of the next reading. */
  next: number
  /** When reading 0 was recorded, in microseconds. */
  readonly #begin: number
  #stop = new AbortController()
  #appending: Promise<readonly string[]> = Promise.resolve([])

  constructor({ first, begin }: Pick<Fill, 'first' | 'begin'>) {
    this.next = first
    this.#begin = begin
  }

  begin(
    platform: Pick<WorkloadPlatform, 'config' | 'kafka'>,
    { rate }: Pick<SendingPlan, 'rate'>,
  ): Promise<void> {
    this.rate = rate
    this.#stop = new AbortController()
    this.#appending = this.#append(platform, this.#stop.signal).then(
      () => [],
      (error: unknown) => [(error as Error).message],
    )
    return Promise.resolve()
  }

  async #append(
    platform: Pick<WorkloadPlatform, 'config' | 'kafka'>,
    stop: AbortSignal,
  ): Promise<void> {
    const none = new AbortController().signal
    const count = (this.rate * appendIntervalMs) / 1000
    for (; !stop.aborted; this.next += count) {
      const due = performance.now() + appendIntervalMs
      await fillTopic(platform, { first: this.next, count, begin: this.#begin }, none)
      await sleep(due - performance.now(), stop)
    }
  }

  /** Resolves when the last append is acknowledged. */
  stop(): Promise<readonly string[]> {
    this.#stop.abort()
    return this.#appending
  }
}

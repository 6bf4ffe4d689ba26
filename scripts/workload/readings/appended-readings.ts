import { sleep } from '../../../services/runtime/retry.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { SendingPlan, Sender } from '../workload.ts'
import type { Fill } from './fill-topic.ts'
import { fillTopic } from './fill-topic.ts'

const appendIntervalMs = 100

/** Numbered readings that arrive in the topic at a steady rate, past HTTP. */
export class AppendedReadings implements Sender {
  rate = 0
  /** The number of the reading that comes next. */
  next: number
  /** When the first of all was recorded, in microseconds. */
  readonly #begin: number
  #stop = new AbortController()
  #appending: Promise<readonly string[]> = Promise.resolve([])

  constructor({ first, begin }: Pick<Fill, 'first' | 'begin'>) {
    this.next = first
    this.#begin = begin
  }

  begin(
    { config }: Pick<WorkloadPlatform, 'config'>,
    { rate }: Pick<SendingPlan, 'rate'>,
  ): Promise<void> {
    this.rate = rate
    this.#stop = new AbortController()
    this.#appending = this.#append(config, this.#stop.signal).then(
      () => [],
      (error: unknown) => [(error as Error).message],
    )
    return Promise.resolve()
  }

  async #append(config: WorkloadPlatform['config'], stop: AbortSignal): Promise<void> {
    const none = new AbortController().signal
    const count = (this.rate * appendIntervalMs) / 1000
    for (; !stop.aborted; this.next += count) {
      const due = performance.now() + appendIntervalMs
      await fillTopic(config, { first: this.next, count, begin: this.#begin }, none)
      await sleep(due - performance.now(), stop)
    }
  }

  /** What is on its way is acknowledged before it resolves. */
  stop(): Promise<readonly string[]> {
    this.#stop.abort()
    return this.#appending
  }
}

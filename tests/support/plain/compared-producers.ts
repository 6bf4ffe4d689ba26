import {
  NotAcknowledgedError,
  RecordCollector,
} from '../../../services/producer/events/collect-records.ts'
import { ClientRateLimit } from '../../../services/producer/limits/client-rate-limit.ts'
import { LagLimit } from '../../../services/producer/limits/lag-limit.ts'
import type { AppendedAt } from '../../../services/telemetry/store-interfaces.ts'
import type { ComparedOptions } from './compare-servers.ts'
import { proxySecret } from './compare-servers.ts'

class FailingCollector extends RecordCollector {
  readonly #error: Error

  constructor(error: Error) {
    super({ append: () => Promise.resolve([]) })
    this.#error = error
  }

  override submit(): Promise<AppendedAt[]> {
    return Promise.reject(this.#error)
  }
}

function failingRegistry(): never {
  throw new Error('a bug')
}

function laggingLimit(): LagLimit {
  const limit = new LagLimit(1)
  // A lag that is old is ignored. This one stays new.
  limit.update(2, Infinity)
  return limit
}

export type ComparedProducer = {
  readonly name: string
  readonly options: ComparedOptions
  /** Whether it answers any plain request without `node:http`. */
  readonly isPlain: boolean
}

/** Producers with different rules, limits and failures. */
export const comparedProducers: readonly ComparedProducer[] = [
  { name: 'that accepts all vehicles', options: {}, isPlain: true },
  { name: 'behind an ingress', options: { proxySecret }, isPlain: true },
  { name: 'that requires a token', options: { access: { isTokenRequired: true } }, isPlain: true },
  { name: 'that asks about vehicles', options: { access: { unknown: 'ask' } }, isPlain: true },
  { name: 'whose Kafka is slow', options: { appendMs: 1 }, isPlain: true },
  {
    name: 'whose Kafka does not acknowledge',
    options: { parts: () => ({ collector: new FailingCollector(new NotAcknowledgedError()) }) },
    isPlain: true,
  },
  {
    name: 'with a bug',
    options: { parts: () => ({ collector: new FailingCollector(new Error('a bug')) }) },
    isPlain: true,
  },
  {
    name: 'with a bug in a check',
    options: { access: { registry: failingRegistry } },
    isPlain: false,
  },
  { name: 'with little memory', options: { maxPendingBytes: 2_560 }, isPlain: true },
  {
    name: 'whose clients have sent too much',
    options: { parts: () => ({ rateLimit: new ClientRateLimit(1e-6) }) },
    isPlain: false,
  },
  {
    name: 'whose consumers are behind',
    options: { parts: () => ({ lagLimit: laggingLimit() }) },
    isPlain: false,
  },
]

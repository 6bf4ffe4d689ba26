import type { AccountCounts } from '../../ledger/account.ts'
import type * as health from '../api/health.ts'
import type { Properties } from '../http/schema-parts.ts'
import {
  count,
  flag,
  integer,
  list,
  number,
  object,
  orNull,
  ref,
  refOrNull,
  text,
  time,
} from '../http/schema-parts.ts'

/** The schemas of the responses about the health of the platform. */

const counts: Properties<AccountCounts> = {
  settled: count,
  stored: count,
  updated: count,
  duplicate: count,
  deadLettered: count,
  expired: count,
  withoutRecord: count,
  inFlight: orNull(count),
  imbalance: integer,
}
const ledger = object<health.Ledger>({
  isKnown: flag,
  isBalanced: flag,
  log: orNull(integer),
  partitions: list(
    object<health.Ledger['partitions'][number]>({ log: integer, partition: count, ...counts }),
  ),
  total: object<AccountCounts>(counts),
  lastCheck: refOrNull(
    object<NonNullable<health.Ledger['lastCheck']>>({
      checkedAt: time,
      rowImbalance: integer,
      ledgerImbalance: integer,
    }),
  ),
})

const percentiles: Properties<health.Percentiles> = { p50: orNull(number), p99: orNull(number) }
const deadLetterGroup = object<health.DeadLetterGroup>({
  reason: text,
  count,
  latest: refOrNull(
    object<NonNullable<health.DeadLetterGroup['latest']>>({
      receipt: text,
      diedAt: time,
      detail: text,
      text,
    }),
  ),
})
const healthNow: Properties<health.Health> = {
  services: list(object<health.ServiceState>({ name: text, up: flag })),
  rates: object<health.Rates>({ received: orNull(number), stored: orNull(number) }),
  latency: object<health.Health['latency']>({
    ...percentiles,
    receivedToStored: object<health.Percentiles>(percentiles),
  }),
  lag: list(orNull(number)),
  deadLetters: { type: ['array', 'null'], items: deadLetterGroup },
  ledger: ref('Ledger'),
}
const figures = list(orNull(number))
const healthHistory = object<health.HealthHistory>({
  everySeconds: number,
  at: list(number),
  received: figures,
  stored: figures,
  p50: figures,
  p99: figures,
  lag: figures,
})

export const healthSchemas = {
  Ledger: ledger,
  Health: object<health.HealthWithHistory>({ ...healthNow, history: healthHistory }),
}

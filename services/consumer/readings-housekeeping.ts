import type { Registry } from 'prom-client'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import { accountedReadings } from '../adapters/postgres/ledger/account-store.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { PostgresDayStore } from '../adapters/postgres/readings/day-store.ts'
import type { TimeOfDay } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { AccountMetrics } from '../stream/account-metrics.ts'
import type { PipelineJobs } from '../stream/housekeeping.ts'
import { Housekeeping } from '../stream/housekeeping.ts'
import { daysToRetire, RetirementConfirmation } from '../telemetry/retention.ts'
import type { ConsumerConfig } from './config.ts'
import { DayMetrics } from './day-metrics.ts'
import { reindexDays } from './reindex-days.ts'
import { retireDays } from './retire-days.ts'

/** Time settings of a consumer; tests replace them. */
export type TimeOptions = {
  readonly clock: TimeOfDay
  /** How long a day must be past the retention period before it is dropped. */
  readonly retireAfterMs: number
}

/** Ids of the database locks: one consumer at a time does the housekeeping, one rebuilds indexes. */
const housekeepingLockId = 7_243_002
const reindexLockId = 7_243_003
/** Building an index may take minutes, so a build that failed is not repeated earlier. */
const reindexIntervalMs = 3_600_000

type Parts = TimeOptions & {
  readonly admin: TopicAdmin
  readonly registry: Registry
  readonly logger: Logger
}

/** Starts the housekeeping of the readings: account, days past the retention period, indexes of past days. */
export function startHousekeeping(config: ConsumerConfig, parts: Parts): Housekeeping {
  const { postgres, kafka, checkIntervalSeconds } = config
  const { admin, registry, logger } = parts
  const dayMetrics = new DayMetrics(registry)
  return new Housekeeping({
    ...{ postgres, topic: kafka.topic, admin, logger, checkIntervalSeconds },
    accounted: accountedReadings(postgres.table),
    lockId: housekeepingLockId,
    metrics: new AccountMetrics(registry),
    createJobs: (pool) => createDayJobs(pool, config, { ...parts, dayMetrics }),
  })
}

function createDayJobs(
  pool: Pool,
  { postgres, retentionMicros }: ConsumerConfig,
  { clock, retireAfterMs, logger, dayMetrics }: Parts & { readonly dayMetrics: DayMetrics },
): PipelineJobs {
  const dayStore = new PostgresDayStore(pool, postgres.table)
  const confirmation = new RetirementConfirmation(retireAfterMs)
  return {
    updateMetrics: async () => {
      const storedDays = await dayStore.days()
      const rowsOfRetiredDays = await dayStore.rowsOfRetiredDays()
      const daysOverdue = daysToRetire(storedDays, {
        nowMicros: clock.now(),
        retentionMicros,
      }).length
      dayMetrics.show({ days: storedDays, daysOverdue, rowsOfRetiredDays })
    },
    jobs: [
      {
        failureEvent: 'retirement-failed',
        run: (signal) =>
          retireDays({ dayStore, clock, retentionMicros, confirmation, logger, signal }),
      },
    ],
    slowJobs: [
      {
        failureEvent: 'reindexing-failed',
        lockId: reindexLockId,
        intervalMs: reindexIntervalMs,
        run: (signal) => reindexDays({ dayStore, clock, logger, signal }),
      },
    ],
  }
}

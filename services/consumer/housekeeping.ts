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

/** What a consumer makes of the time. */
export type TimeOptions = {
  readonly clock: TimeOfDay
  /** Milliseconds for which a day must have been past the retention before it goes. */
  readonly retireAfterMs: number
}

/** The numbers by which the consumers agree who keeps house, and who builds indexes. */
const housekeepingLockId = 7_243_002
const reindexLockId = 7_243_003
/** An index may take minutes, and one that could not be built would be built for nothing again. */
const reindexIntervalMs = 3_600_000

type Parts = TimeOptions & {
  readonly admin: TopicAdmin
  readonly registry: Registry
  readonly logger: Logger
}

/** Keeps house for the readings: account, days past the retention, indexes of days that are over. */
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
  const days = new PostgresDayStore(pool, postgres.table)
  const confirmation = new RetirementConfirmation(retireAfterMs)
  return {
    updateMetrics: async () => {
      const present = await days.days()
      const rowsOfRetiredDays = await days.rowsOfRetiredDays()
      const daysOverdue = daysToRetire(present, { nowMicros: clock.now(), retentionMicros }).length
      dayMetrics.show({ days: present, daysOverdue, rowsOfRetiredDays })
    },
    jobs: [
      {
        failureEvent: 'retirement-failed',
        run: (signal) => retireDays({ days, clock, retentionMicros, confirmation, logger, signal }),
      },
    ],
    slowJobs: [
      {
        failureEvent: 'reindexing-failed',
        lockId: reindexLockId,
        intervalMs: reindexIntervalMs,
        run: (signal) => reindexDays({ days, clock, logger, signal }),
      },
    ],
  }
}

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
import { daysToRetire, DueDays } from '../telemetry/retention.ts'
import type { ConsumerConfig } from './config.ts'
import { DayMetrics } from './day-metrics.ts'
import { reindexDays } from './reindex-days.ts'
import { retireDays } from './retire-days.ts'

/** What a consumer makes of the time. */
export type Times = {
  readonly clock: TimeOfDay
  /** Milliseconds for which a day must have been past the retention before it goes. */
  readonly retireAfterMs: number
}

/** The numbers by which the consumers agree who keeps house, and who builds indexes. */
const housekeepingLock = 7_243_002
const reindexLock = 7_243_003
/** An index may take minutes, and one that could not be built would be built for nothing again. */
const reindexEveryMs = 3_600_000

type Parts = Times & {
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
    lock: housekeepingLock,
    metrics: new AccountMetrics(registry),
    jobsOf: (pool) => jobsOfDays(pool, config, { ...parts, dayMetrics }),
  })
}

function jobsOfDays(
  pool: Pool,
  { postgres, retention }: ConsumerConfig,
  { clock, retireAfterMs, logger, dayMetrics }: Parts & { readonly dayMetrics: DayMetrics },
): PipelineJobs {
  const days = new PostgresDayStore(pool, postgres.table)
  const due = new DueDays(retireAfterMs)
  return {
    look: async () => {
      const present = await days.days()
      const rowsOfRetiredDays = await days.rowsOfRetiredDays()
      const daysOverdue = daysToRetire(present, { now: clock.now(), retention }).length
      dayMetrics.show({ days: present, daysOverdue, rowsOfRetiredDays })
    },
    jobs: [
      {
        failed: 'retirement-failed',
        run: (signal) => retireDays({ days, clock, retention, due, logger, signal }),
      },
    ],
    slowJobs: [
      {
        failed: 'reindexing-failed',
        lock: reindexLock,
        everyMs: reindexEveryMs,
        run: (signal) => reindexDays({ days, clock, logger, signal }),
      },
    ],
  }
}

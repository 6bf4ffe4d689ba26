import type { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import type { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { Account } from './account.ts'
import type { PipelineLedgers } from './accounts.ts'
import type { Load } from './load.ts'

/** One run of the workload, from `begin` to `judge`. */
export type Run = {
  readonly platform: WorkloadPlatform
  readonly rate: number
  readonly account: Account
  readonly load: Load
  readonly kafka: ClosableKafka
  readonly admin: TopicAdmin
  /** The ledgers of each pipeline before the first record of the run. */
  readonly begun: readonly PipelineLedgers[]
}

import { fewestInSync, planReplicas } from '../adapters/kafka/plan-replicas.ts'
import type { TopicAdmin, TopicSettings } from '../adapters/kafka/topic-admin.ts'
import type { Logger } from '../runtime/logger.ts'
import { settleReplicas } from './settle-replicas.ts'

type Options = {
  readonly topic: string
  readonly settings: TopicSettings
  readonly admin: TopicAdmin
  readonly partitions: number
  readonly logTag: number
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Gives a topic that is there its settings, and its partitions their replicas.
 * `min.insync.replicas` is lowered before replicas are taken away, and raised when they are in
 * sync: otherwise the brokers would refuse what is sent meanwhile.
 */
export async function configureTopic(options: Options): Promise<void> {
  const { topic, settings, admin, logTag, logger } = options
  const { minInsyncReplicas: wanted, replicationFactor } = settings
  const configure = (minInsyncReplicas: number): Promise<void> =>
    admin.configure({ ...settings, minInsyncReplicas }, logTag)

  const present = Math.min(await admin.minInsyncReplicas(), wanted)
  await configure(present)
  const state = await settleReplicas(options, {
    factor: replicationFactor,
    plan: planReplicas,
    partitions: options.partitions,
    untilInSync: present < wanted,
  })
  if (present === wanted) return
  const reached = Math.max(present, Math.min(wanted, fewestInSync(state)))
  if (reached > present) await configure(reached)
  if (reached === wanted) return
  const advice = 'more would refuse every reading now: start again when the replicas are in sync'
  logger.warn({ topic, present: reached, wanted, advice }, 'min-insync-replicas-kept')
}

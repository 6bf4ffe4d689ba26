import { minInSyncReplicas, planReplicas } from '../adapters/kafka/plan-replicas.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { TopicKind, TopicSettings } from '../adapters/kafka/topic-settings.ts'
import type { Logger } from '../runtime/logger.ts'
import { reassignReplicas } from './reassign-replicas.ts'

type Options = {
  readonly topic: string
  readonly settings: TopicSettings
  readonly admin: TopicAdmin
  readonly partitions: number
  readonly kind: TopicKind
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Applies the settings to an existing topic, and the replication factor to its partitions.
 * `min.insync.replicas` is lowered before replicas are removed, and raised after the new ones are
 * in
 * sync. Otherwise the brokers would refuse records in between.
 */
export async function configureTopic(options: Options): Promise<void> {
  const { topic, settings, admin, kind, logger } = options
  const { minInsyncReplicas: target, replicationFactor } = settings
  const configure = (minInsyncReplicas: number): Promise<void> =>
    admin.configure({ ...settings, minInsyncReplicas }, kind)

  const current = Math.min(await admin.minInsyncReplicas(), target)
  await configure(current)
  const state = await reassignReplicas(options, {
    factor: replicationFactor,
    plan: planReplicas,
    partitions: options.partitions,
    untilInSync: current < target,
  })
  if (current === target) return
  const achieved = Math.max(current, Math.min(target, minInSyncReplicas(state)))
  if (achieved > current) await configure(achieved)
  if (achieved === target) return
  const advice =
    'A higher value would make Kafka refuse every reading now. Start again when the replicas are in sync.'
  logger.warn({ topic, present: achieved, wanted: target, advice }, 'min-insync-replicas-kept')
}

import { minInSyncReplicas, planReplicas } from '../adapters/kafka/plan-replicas.ts'
import type { TopicAdmin, TopicSettings } from '../adapters/kafka/topic-admin.ts'
import type { Logger } from '../runtime/logger.ts'
import { reassignReplicas } from './reassign-replicas.ts'

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
  const { minInsyncReplicas: target, replicationFactor } = settings
  const configure = (minInsyncReplicas: number): Promise<void> =>
    admin.configure({ ...settings, minInsyncReplicas }, logTag)

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
  const advice = 'more would refuse every reading now: start again when the replicas are in sync'
  logger.warn({ topic, present: achieved, wanted: target, advice }, 'min-insync-replicas-kept')
}

import { planAddedReplicas } from '../adapters/kafka/plan-replicas.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Logger } from '../runtime/logger.ts'
import { reassignReplicas } from './reassign-replicas.ts'

/** Kafka's own: where they have no leader, groups and transactions have no coordinator. */
const internalTopics = ['__consumer_offsets', '__transaction_state']
/** As Kafka makes them where there are as many brokers. */
const internalReplicas = 3

type Options = {
  readonly adminOf: (topic: string) => TopicAdmin
  /** How many there are to be. */
  readonly brokers: number
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Brings Kafka's own topics to brokers that came later. They were made with the first consumer,
 * perhaps on a single broker, whose loss would then stop every consumer.
 */
export async function replicateInternalTopics({
  adminOf,
  brokers,
  ...rest
}: Options): Promise<void> {
  for (const topic of internalTopics) {
    const admin = adminOf(topic)
    if (!(await admin.exists())) continue
    await reassignReplicas(
      { topic, admin, ...rest },
      {
        factor: Math.min(internalReplicas, brokers),
        plan: planAddedReplicas,
        partitions: 1,
        untilInSync: false,
      },
    )
  }
}

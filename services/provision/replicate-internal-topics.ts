import { planAddedReplicas } from '../adapters/kafka/plan-replicas.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Logger } from '../runtime/logger.ts'
import { reassignReplicas } from './reassign-replicas.ts'

/** Without a leader of these topics, consumer groups and transactions have no coordinator. */
const internalTopics = ['__consumer_offsets', '__transaction_state']
/** The default of Kafka for these topics. */
const internalReplicas = 3

type Options = {
  readonly adminOf: (topic: string) => TopicAdmin
  /** The configured number of brokers. */
  readonly brokers: number
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Replicates the internal topics of Kafka to brokers that were added later. Kafka creates these
 * topics with the first consumer, possibly on a single broker; losing it would stop every consumer.
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

import kafkajs, { Kafka, logLevel } from 'kafkajs'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { toConnection } from '../../services/adapters/kafka/connection/kafkajs-options.ts'

/**
 * The brokers of a partition, as Kafka's metadata reports them; `inSync` is sorted by broker id.
 */
export type PartitionState = {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** The partitions of a topic, sorted by number, and its `min.insync.replicas`. */
export async function describeTopic(settings: KafkaSettings, topic = settings.topic) {
  const kafka = new Kafka({ ...toConnection(settings), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configNames: ['min.insync.replicas'],
        },
      ],
    })
    const partitions: PartitionState[] = (topics[0]?.partitions ?? []).map((partition) => ({
      partition: partition.partitionId,
      leader: partition.leader,
      replicas: partition.replicas,
      inSync: [...partition.isr].sort(),
    }))
    return {
      partitions: partitions.sort((left, right) => left.partition - right.partition),
      minInsyncReplicas: Number(resources[0]?.configEntries[0]?.configValue),
    }
  } finally {
    await admin.disconnect()
  }
}

import kafkajs, { Kafka, logLevel } from 'kafkajs'

/** Where a partition is, as Kafka's own metadata say; what is in sync by the broker's number. */
export type PartitionState = {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** The partitions of a topic by their number, and its `min.insync.replicas`. */
export async function describeTopic(brokers: readonly string[], topic: string) {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })
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
    const partitions: PartitionState[] = (topics[0]?.partitions ?? []).map((seen) => ({
      partition: seen.partitionId,
      leader: seen.leader,
      replicas: seen.replicas,
      inSync: [...seen.isr].sort(),
    }))
    return {
      partitions: partitions.sort((left, right) => left.partition - right.partition),
      minInsyncReplicas: Number(resources[0]?.configEntries[0]?.configValue),
    }
  } finally {
    await admin.disconnect()
  }
}

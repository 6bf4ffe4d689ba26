import type { Admin, AdminConfig, ConfigEntries } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { LogRange } from '../../ledger/ledger.ts'
import type { LogIdentity } from '../../ledger/log-identity.ts'
import { newLogReason } from '../../ledger/log-identity.ts'
import type { ClosableKafka, Connections } from './closable-kafka.ts'
import { isRightMissing } from './connection/access-fault.ts'
import type { Reassignments, ReplicaMove, ReplicaState } from './plan-replicas.ts'
import { toReplicas } from './plan-replicas.ts'
import { ReconnectingClient } from './reconnecting-client.ts'
import type { KafkaLogin } from './requests/login-request.ts'
import { noTopicId } from './requests/topic-ids.ts'
import type { TopicFacts, TopicKind, TopicSettings } from './topic-settings.ts'
import { logTagOf, logTagSetting, minInsyncSetting, toConfigEntries } from './topic-settings.ts'

/** The state of the topic in the cluster. The index in `ranges` is the partition. */
export type TopicState = {
  readonly clusterId: string
  readonly ranges: readonly LogRange[]
  /** The log id that the topic is tagged with, if it is. */
  readonly logTag: number | undefined
}

/**
 * The config source "set on the topic itself" in the Kafka protocol. kafkajs has a type for it, but
 * no value.
 */
const topicConfigSource = 1

/** The timeout of one call. */
const responseTimeoutMs = 60_000

/**
 * `readUncommitted` is an addition of the patch: the end of a partition is its high watermark, also
 * while a transaction of another producer is open.
 */
export const adminSettings: AdminConfig & { readonly readUncommitted: boolean } = {
  retry: { retries: 1 },
  readUncommitted: true,
}

/**
 * Creates, describes and tags the topic. The admin client of kafkajs never refreshes its metadata,
 * so the client is replaced when a call fails and when partitions were added.
 */
export class TopicAdmin {
  readonly #topic: string
  readonly #client: ReconnectingClient<Admin & Connections>

  constructor(kafka: ClosableKafka, topic: string) {
    this.#topic = topic
    const create = () => kafka.client((own): Admin => own.admin(adminSettings))
    this.#client = new ReconnectingClient(create, responseTimeoutMs, () => true)
  }

  async clusterId(): Promise<string> {
    return this.#client.use(async (admin) => (await admin.describeCluster()).clusterId)
  }

  async exists(): Promise<boolean> {
    return this.#client.use(async (admin) => (await admin.listTopics()).includes(this.#topic))
  }

  /** The id that Kafka gave the topic when it was created; undefined if the brokers do not tell it. */
  async topicId(): Promise<string | undefined> {
    const id = await this.#client.use((admin) => admin.topicId(this.#topic))
    if (id === noTopicId) throw new Error(`The broker does not know the topic ${this.#topic}.`)
    return id
  }

  /** Creates a login of Kafka, or changes its password. */
  async setLogin(login: KafkaLogin): Promise<void> {
    await this.#client.use((admin) => admin.setLogin(login))
  }

  /** @returns false if the topic already exists */
  async create(settings: TopicSettings, kind: TopicKind): Promise<boolean> {
    return this.#client.use((admin) =>
      admin.createTopics({
        waitForLeaders: true,
        timeout: 15_000,
        topics: [
          {
            topic: this.#topic,
            numPartitions: settings.partitions,
            replicationFactor: settings.replicationFactor,
            configEntries: toConfigEntries(settings, kind),
          },
        ],
      }),
    )
  }

  /**
   * Creates the topic with the defaults of the brokers, unless it exists.
   *
   * @param minInsyncReplicas how many brokers must have a record before it is acknowledged
   * @returns false if it exists
   */
  async createWithDefaults(minInsyncReplicas: number): Promise<boolean> {
    if (await this.exists()) return false
    const configEntries = [{ name: minInsyncSetting, value: String(minInsyncReplicas) }]
    const topics = [{ topic: this.#topic, configEntries }]
    return this.#client.use((admin) => admin.createTopics({ waitForLeaders: true, topics }))
  }

  async delete(): Promise<void> {
    await this.#client.use((admin) => admin.deleteTopics({ topics: [this.#topic] }))
  }

  /**
   * Replaces all settings of an existing topic. The request of kafkajs is not incremental: a setting that is
   * missing in it gets the default of the brokers.
   */
  async configure(settings: TopicSettings, kind: TopicKind): Promise<void> {
    await this.#alter(toConfigEntries(settings, kind))
  }

  /** Changes the tag of the topic and keeps its other settings. */
  async tag(logTag: number): Promise<void> {
    const entries = (await this.#settings()).filter(({ name }) => name !== logTagSetting)
    await this.#alter([...entries, { name: logTagSetting, value: String(logTag) }])
  }

  async addPartitions(count: number): Promise<void> {
    const topicPartitions = [{ topic: this.#topic, count }]
    await this.#client.use((admin) => admin.createPartitions({ topicPartitions }))
  }

  /** The setting `min.insync.replicas` of the topic. */
  async minInsyncReplicas(): Promise<number> {
    const setting = (await this.#settings()).find(({ name }) => name === minInsyncSetting)
    return Number(setting?.value ?? 1)
  }

  /** The current replicas and running reassignments. Rejects while a partition has no leader. */
  async replicas(): Promise<ReplicaState> {
    const topics = [this.#topic]
    const [{ brokers }, metadata] = await Promise.all([
      this.#client.use((admin) => admin.describeCluster()),
      this.#client.use((admin) => admin.fetchTopicMetadata({ topics })),
    ])
    const partitionMetadata = metadata.topics[0]?.partitions ?? []
    const reassignments = await this.#reassignments(
      partitionMetadata.map(({ partitionId }) => partitionId),
    )
    const partitions = partitionMetadata.map((partition) => toReplicas(partition, reassignments))
    return {
      brokers: brokers.map(({ nodeId }) => nodeId).sort((left, right) => left - right),
      partitions: partitions.sort((left, right) => left.partition - right.partition),
    }
  }

  /** Starts to reassign partitions to brokers. Resolves before anything is copied. */
  async reassign(moves: readonly ReplicaMove[]): Promise<void> {
    const partitionAssignment = moves.map(({ partition, replicas }) => ({
      partition,
      replicas: [...replicas],
    }))
    const topics = [{ topic: this.#topic, partitionAssignment }]
    await this.#client.use((admin) => admin.alterPartitionReassignments({ topics }))
  }

  /** The reassignments that are still running, by partition. */
  async #reassignments(partitions: number[]): Promise<Reassignments> {
    const topics = [{ topic: this.#topic, partitions }]
    const listed = await this.#client.use((admin) => admin.listPartitionReassignments({ topics }))
    const reassignments = listed.topics.flatMap((topic) => topic.partitions)
    return new Map(reassignments.map((partition) => [partition.partitionIndex, partition]))
  }

  /** The offset range of every partition; the index is the partition. */
  async ranges(): Promise<LogRange[]> {
    const count = await this.#countPartitions()
    const ranges = await this.#fetchRanges()
    if (ranges.length === count) return ranges
    this.#client.discard()
    return this.#fetchRanges()
  }

  /**
   * The committed offsets of a consumer group, by partition. Partitions without a commit are
   * missing.
   */
  async committed(groupId: string): Promise<ReadonlyMap<number, number>> {
    const topics = [this.#topic]
    const [offsets] = await this.#client.use((admin) => admin.fetchOffsets({ groupId, topics }))
    const committed = (offsets?.partitions ?? []).filter(({ offset }) => Number(offset) >= 0)
    return new Map(committed.map(({ partition, offset }) => [partition, Number(offset)]))
  }

  /** The first offset of each partition whose record is not older than a time, or else its end. */
  async offsetsSince(time: Date): Promise<ReadonlyMap<number, number>> {
    const offsets = await this.#client.use((admin) =>
      admin.fetchTopicOffsetsByTimestamp(this.#topic, time.getTime()),
    )
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
  }

  /** Removes the records before an offset, by partition. */
  async removeRecordsBefore(offsets: ReadonlyMap<number, number>): Promise<void> {
    const partitions = [...offsets].map(([partition, offset]) => {
      return { partition, offset: String(offset) }
    })
    await this.#client.use((admin) => admin.deleteTopicRecords({ topic: this.#topic, partitions }))
  }

  /** How many members a consumer group has now; 0 if there is no such group. */
  async countMembers(groupId: string): Promise<number> {
    const { groups } = await this.#client.use((admin) => admin.describeGroups([groupId]))
    return groups.reduce((sum, { members }) => sum + members.length, 0)
  }

  async state(): Promise<TopicState> {
    const [clusterId, ranges, settings] = await Promise.all([
      this.clusterId(),
      this.ranges(),
      this.#settings(),
    ])
    return { clusterId, ranges, logTag: logTagOf(settings) }
  }

  async #countPartitions(): Promise<number> {
    const topics = [this.#topic]
    const metadata = await this.#client.use((admin) => admin.fetchTopicMetadata({ topics }))
    return metadata.topics[0]?.partitions.length ?? 0
  }

  async #fetchRanges(): Promise<LogRange[]> {
    const offsets = await this.#client.use((admin) => admin.fetchTopicOffsets(this.#topic))
    const byPartition = [...offsets].sort((left, right) => left.partition - right.partition)
    return byPartition.map(({ low, high }) => ({ low: Number(low), high: Number(high) }))
  }

  /**
   * The topic as it is, with the defaults of the brokers. It needs no right at the cluster.
   *
   * @throws if Kafka denies the right to describe the topic. A denied right to read its settings is no error
   */
  async facts(): Promise<TopicFacts> {
    const topics = [this.#topic]
    const metadata = await this.#client.use((admin) => admin.fetchTopicMetadata({ topics }))
    const partitions = metadata.topics[0]?.partitions ?? []
    const settings = await this.#allSettings().catch((error: unknown) => {
      if (isRightMissing(error)) return undefined
      throw error
    })
    return {
      partitions: partitions.length,
      replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      settings:
        settings &&
        new Map(settings.map(({ configName, configValue }) => [configName, configValue])),
    }
  }

  /** The settings of the topic itself, without the defaults of the brokers. */
  async #settings(): Promise<{ name: string; value: string }[]> {
    const entries = await this.#allSettings()
    return entries
      .filter((entry) => (entry.configSource as number) === topicConfigSource)
      .map(({ configName, configValue }) => ({ name: configName, value: configValue }))
  }

  async #allSettings(): Promise<ConfigEntries[]> {
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: this.#topic }]
    const described = await this.#client.use((admin) =>
      admin.describeConfigs({ includeSynonyms: false, resources }),
    )
    return described.resources[0]?.configEntries ?? []
  }

  async #alter(configEntries: { name: string; value: string }[]): Promise<void> {
    const topic = { type: kafkajs.ConfigResourceTypes.TOPIC, name: this.#topic }
    const resources = [{ ...topic, configEntries }]
    await this.#client.use((admin) => admin.alterConfigs({ validateOnly: false, resources }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
  }
}

/** For a topic that the platform has created: its log id is stored in a setting of the topic. */
export function taggedLogIdentity(admin: Pick<TopicAdmin, 'tag'>): LogIdentity {
  return {
    ...{ mayHaveGaps: false, usesTopicId: false, newLogReason },
    mark: (logId) => admin.tag(logId),
  }
}

import type { PlatformConfig } from '../../../infra/config/config.ts'
import type { PlannedTopic } from '../../../services/adapters/kafka/requests/rights/other-trials.ts'
import type { TopicOperation } from '../../../services/adapters/kafka/requests/rights/topic-trials.ts'
import { consumerGroupOf } from '../../../services/adapters/kafka/client.ts'
import {
  minInsyncSetting,
  toConfigEntries,
} from '../../../services/adapters/kafka/topic-settings.ts'
import { devicesTopicOf } from '../../../services/devices/devices-topic.ts'
import type { Declaration } from '../../../services/pipelines/declaration/declaration.ts'
import type {
  PipelineDeclaration,
  TaskDeclaration,
} from '../../../services/pipelines/declaration/task-declaration.ts'
import { isTaskDeclaration } from '../../../services/pipelines/declaration/task-declaration.ts'
import { groupedPartitionsOf, storedTopicOf } from '../../../services/pipelines/grouped-topic.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import {
  groupedConsumerGroup,
  sourceConsumerGroup,
} from '../../../services/worker/pipelines/stream-pipelines.ts'

/**
 * The rights that the platform needs at Kafka. This is the only list of them. What another right includes is not in
 * it: who may read or write a topic may also describe it. The platform uses no transactions and no idempotent producer
 * (docs/decisions/02-exactly-one-row.md), so it needs neither a transactional id nor `IdempotentWrite`.
 */

export type NeededTopic = {
  /** How the platform would create it, if it does not exist. Then it also needs `Create`. */
  readonly planned: PlannedTopic
  /** Without `Create`. */
  readonly operations: readonly TopicOperation[]
}

/** The platform reads as a member of these groups. */
export type NeededGroup = {
  readonly name: string
  /** Whether the names of the groups begin with `name`. */
  readonly isPrefix: boolean
}

export type NeededKafkaRights = {
  readonly topics: readonly NeededTopic[]
  readonly groups: readonly NeededGroup[]
}

/** @param declarations of all pipelines that a worker would run */
export function neededKafkaRights(
  config: PlatformConfig,
  declarations: readonly PipelineDeclaration[],
): NeededKafkaRights {
  const ofPipelines = declarations.map((declaration) => rightsOf(declaration, config))
  return {
    topics: mergeTopics([...ownTopics(config), ...ofPipelines.flatMap(({ topics }) => topics)]),
    groups: mergeGroups([...ownGroups(config), ...ofPipelines.flatMap(({ groups }) => groups)]),
  }
}

/**
 * What `npm run verify` and `npm run bench` need: they delete their topics, create them again, and compare the records
 * with the rows in a group for each comparison.
 *
 * @param config of the platform that they start, with its own topic
 */
export function neededForScratch(config: PlatformConfig): NeededKafkaRights {
  const { topics, groups } = neededKafkaRights(config, [])
  const comparing = { name: `av-telemetry-verify-${config.kafka.topic}-`, isPrefix: true }
  return {
    topics: topics.map(({ planned, operations }) => {
      return { planned, operations: [...operations, 'Delete'] }
    }),
    groups: [...groups, comparing],
  }
}

/** The settings of a topic that is read tell at each start whether it is still the same topic. */
const ofReadTopic: readonly TopicOperation[] = ['Read', 'DescribeConfigs']
const ofOwnTopic: readonly TopicOperation[] = ['Read', 'Write', 'DescribeConfigs']

/** The readings, and the registry of devices. At an existing Kafka they have no tag. */
function ownTopics({ kafka }: PlatformConfig): NeededTopic[] {
  const { topic, replicationFactor } = kafka
  const readings = toConfigEntries(kafka, { kind: 'untagged' })
  const devices = toConfigEntries(kafka, { kind: 'untagged-compacted' })
  return [
    {
      planned: { topic, partitions: kafka.partitions, replicationFactor, settings: readings },
      operations: ofOwnTopic,
    },
    {
      planned: {
        topic: devicesTopicOf(topic),
        partitions: 1,
        replicationFactor,
        settings: devices,
      },
      operations: ofOwnTopic,
    },
  ]
}

/** The dashboard has a new group at each start, so that each instance reads all partitions. */
function ownGroups({ kafka: { topic } }: PlatformConfig): NeededGroup[] {
  return [
    { name: consumerGroupOf({ pipeline: readingsPipeline, topic }), isPrefix: false },
    { name: 'av-telemetry-dashboard-', isPrefix: true },
  ]
}

function rightsOf(declaration: PipelineDeclaration, config: PlatformConfig): NeededKafkaRights {
  return isTaskDeclaration(declaration)
    ? rightsOfTasks(declaration, config)
    : rightsOfTable(declaration, config)
}

/** Reads a topic, and may write the records to a second one, in groups. */
function rightsOfTable(declaration: Declaration, { kafka }: PlatformConfig): NeededKafkaRights {
  const { name, topic } = declaration
  const source = { planned: withDefaults(topic.name, kafka), operations: ofReadTopic }
  const sourceGroup = { name: sourceConsumerGroup({ name, topic }), isPrefix: false }
  if (topic.groupBy === undefined) return { topics: [source], groups: [sourceGroup] }
  const grouped: NeededTopic = {
    planned: {
      ...withDefaults(storedTopicOf(declaration), kafka),
      partitions: groupedPartitionsOf(topic),
    },
    // Records are removed when they are stored, and partitions are added when there are too few.
    operations: ['Read', 'Write', 'Delete', 'Alter', 'DescribeConfigs'],
  }
  const group = { name: groupedConsumerGroup(declaration), isPrefix: false }
  return { topics: [source, grouped], groups: [sourceGroup, group] }
}

/** May read messages from a topic, and may send results, errors and progress to others. */
function rightsOfTasks(declaration: TaskDeclaration, { kafka }: PlatformConfig): NeededKafkaRights {
  const { name, source, to, errors, progress } = declaration
  const written = [to.kind === 'topic' ? to.topic : undefined, errors, progress]
  const topics = written
    .filter((topic) => topic !== undefined)
    .map((topic): NeededTopic => ({ planned: withDefaults(topic, kafka), operations: ['Write'] }))
  if (source.kind !== 'topic') return { topics, groups: [] }
  const read: NeededTopic = { planned: withDefaults(source.name, kafka), operations: ofReadTopic }
  const group = sourceConsumerGroup({ name, topic: source })
  return { topics: [read, ...topics], groups: [{ name: group, isPrefix: false }] }
}

/** A topic that a worker would create with the defaults of the brokers. */
function withDefaults(topic: string, kafka: PlatformConfig['kafka']): PlannedTopic {
  const settings = [{ name: minInsyncSetting, value: String(kafka.minInsyncReplicas) }]
  return { topic, partitions: -1, replicationFactor: -1, settings }
}

/** Each topic once, with the operations of all its uses, and as its first use would create it. */
function mergeTopics(topics: readonly NeededTopic[]): NeededTopic[] {
  const byName = new Map<string, NeededTopic>()
  for (const { planned, operations } of topics) {
    const known = byName.get(planned.topic)
    const all = new Set([...(known?.operations ?? []), ...operations])
    byName.set(planned.topic, { planned: known?.planned ?? planned, operations: [...all] })
  }
  return [...byName.values()]
}

function mergeGroups(groups: readonly NeededGroup[]): NeededGroup[] {
  return [...new Map(groups.map((group) => [group.name, group])).values()]
}

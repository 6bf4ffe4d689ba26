import type { TopicFacts, TopicSettings } from '../../adapters/kafka/topic-settings.ts'
import { minInsyncSetting } from '../../adapters/kafka/topic-settings.ts'

/** A setting of an existing topic that is not as the platform would set it, and what that means. */
export type TopicDifference = {
  readonly setting: string
  readonly present: string
  readonly wanted: string
  readonly advice: string
}

/** A topic with which the platform cannot keep its promise. */
export class TopicError extends Error {
  readonly code = 'UNUSABLE_TOPIC'
  constructor(message: string) {
    super(message)
    this.name = 'TopicError'
  }
}

/** The default of Kafka: 1 MiB and the header of a batch. */
const batchBytes = 1_048_588
const noCompression = ['producer', 'uncompressed', 'none']

/**
 * What is different at the topic of the readings. Differences are reported and the topic is used.
 *
 * @throws TopicError if records would be removed before they are stored
 */
export function differencesOf(
  topic: string,
  facts: TopicFacts,
  wanted: TopicSettings,
): TopicDifference[] {
  const { settings } = facts
  requireCleanup(topic, settings?.get('cleanup.policy'), 'delete')
  return [...structureOf(facts, wanted), ...(settings ? settingsOf(settings, wanted) : [])]
}

/** @throws TopicError if the cleanup policy is known and another one */
export function requireCleanup(
  topic: string,
  present: string | undefined,
  wanted: 'delete' | 'compact',
): void {
  if (present === undefined || present === wanted) return
  const harm =
    wanted === 'delete'
      ? 'Kafka would remove readings before they are stored'
      : 'Kafka would remove devices'
  throw new TopicError(
    `The topic ${topic} has cleanup.policy=${present}, so ${harm}. Ask the administrator of Kafka to set it to ${wanted}, or to delete the topic.`,
  )
}

function structureOf(facts: TopicFacts, wanted: TopicSettings): TopicDifference[] {
  const { partitions, replicationFactor } = facts
  return [
    ...difference('partitions', partitions, {
      wanted: wanted.partitions,
      isRight: partitions === wanted.partitions,
      advice:
        'The topic is used with the partitions that it has. Set kafka.partitions to this number, or ask the administrator of Kafka to add partitions.',
    }),
    ...difference('replication factor', replicationFactor, {
      wanted: wanted.replicationFactor,
      isRight: replicationFactor >= wanted.replicationFactor,
      advice:
        'Fewer brokers have each record than kafka.replicationFactor says. Ask the administrator of Kafka for more replicas.',
    }),
  ]
}

function settingsOf(
  settings: ReadonlyMap<string, string>,
  wanted: TopicSettings,
): TopicDifference[] {
  const rules = { ...rulesOfSafety(settings, wanted), ...rulesOfBatches(settings) }
  return Object.entries(rules).flatMap(([name, rule]) => difference(name, settings.get(name), rule))
}

type Rules = Readonly<Record<string, Rule>>

const numberOf = (settings: ReadonlyMap<string, string>, name: string): number =>
  Number(settings.get(name) ?? Number.NaN)

/** Settings that decide how long and how safely records are kept. */
function rulesOfSafety(settings: ReadonlyMap<string, string>, wanted: TopicSettings): Rules {
  const retentionMs = (wanted.retentionHours ?? 0) * 3_600_000
  const presentMs = numberOf(settings, 'retention.ms')
  return {
    'retention.ms': {
      wanted: retentionMs,
      isRight: presentMs === -1 || presentMs >= retentionMs,
      advice:
        'Kafka keeps records for less than kafka.retentionHours. Readings that are not stored after this time are lost.',
    },
    'retention.bytes': {
      wanted: -1,
      isRight: numberOf(settings, 'retention.bytes') === -1,
      advice:
        'Kafka also removes records when a partition has more bytes than this. While the database is down, readings may be lost.',
    },
    [minInsyncSetting]: {
      wanted: wanted.minInsyncReplicas,
      isRight: numberOf(settings, minInsyncSetting) >= wanted.minInsyncReplicas,
      advice:
        'Fewer brokers have a record when it is acknowledged than kafka.minInsyncReplicas says. The loss of a broker may lose readings.',
    },
    'unclean.leader.election.enable': {
      wanted: 'false',
      isRight: settings.get('unclean.leader.election.enable') === 'false',
      advice:
        'A broker that lacks records may become leader of a partition. Acknowledged readings are then lost.',
    },
  }
}

function rulesOfBatches(settings: ReadonlyMap<string, string>): Rules {
  return {
    'message.timestamp.type': {
      wanted: 'LogAppendTime',
      isRight: settings.get('message.timestamp.type') === 'LogAppendTime',
      advice:
        'Kafka measures the age of a record by the clock of the producer. If that is wrong, records are removed too early or too late.',
    },
    'compression.type': {
      wanted: 'producer',
      isRight: noCompression.includes(settings.get('compression.type') ?? ''),
      advice:
        'The brokers compress each batch, and each consumer needs more CPU time to decompress it.',
    },
    'max.message.bytes': {
      wanted: batchBytes,
      isRight: numberOf(settings, 'max.message.bytes') >= batchBytes,
      advice: 'Kafka may refuse large batches of readings. They are then answered with 503.',
    },
  }
}

type Rule = {
  readonly wanted: string | number
  readonly isRight: boolean
  readonly advice: string
}

/** A setting that Kafka does not report is no difference. */
function difference(
  setting: string,
  present: string | number | undefined,
  { wanted, isRight, advice }: Rule,
): TopicDifference[] {
  if (isRight || present === undefined) return []
  return [{ setting, present: String(present), wanted: String(wanted), advice }]
}

/** Settings of the topics that the platform creates. */

export type TopicSettings = {
  readonly partitions: number
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  /** How long records are kept; undefined without a limit. A compacted topic ignores it. */
  readonly retentionHours: number | undefined
  readonly flushEachBatch: boolean
  /** The largest batch of records; by default the default of the brokers. */
  readonly maxBatchBytes?: number
}

/** A topic as Kafka describes it. */
export type TopicFacts = {
  readonly partitions: number
  /** The smallest number of brokers that hold a partition. */
  readonly replicationFactor: number
  /** Values by name, with the defaults of the brokers; undefined if Kafka denies the right to read them. */
  readonly settings: ReadonlyMap<string, string> | undefined
}

/**
 * `log`: records are deleted by their age, and the topic is tagged with its log id. `compacted`: the last record
 * of each key is kept, and there is no tag. `untagged` and `untagged-compacted`: the same at an existing Kafka, without
 * a tag, and only with the settings that the platform needs, because managed servers refuse others.
 */
export type TopicKind =
  | { readonly kind: 'log'; readonly logTag: number }
  | { readonly kind: 'compacted' | 'untagged' | 'untagged-compacted' }

type ConfigEntry = { readonly name: string; readonly value: string }

export const minInsyncSetting = 'min.insync.replicas'

/**
 * The topic setting that stores the log id. Kafka has no labels for topics. This setting only has
 * an effect on compacted topics, and tagged topics are not compacted. It is written in the request that
 * creates the topic and is deleted with the topic, so that it identifies one lifetime of the topic.
 */
export const logTagSetting = 'delete.retention.ms'
/** The default value of the setting; never a log id. */
const untaggedValue = 86_400_000

/** The log id that a topic is tagged with; undefined if it is not. */
export function logTagOf(settings: readonly ConfigEntry[]): number | undefined {
  const value = settings.find(({ name }) => name === logTagSetting)?.value
  return value === undefined || Number(value) === untaggedValue ? undefined : Number(value)
}

export function toConfigEntries(settings: TopicSettings, kind: TopicKind) {
  const entries = kind.kind.startsWith('untagged')
    ? neededEntries(settings, kind)
    : allEntries(settings, kind)
  return Object.entries(entries).map(([name, value]) => ({ name, value }))
}

function neededEntries(settings: TopicSettings, { kind }: TopicKind): Record<string, string> {
  const { minInsyncReplicas, retentionHours, flushEachBatch } = settings
  const cleanup =
    kind === 'untagged-compacted'
      ? { 'cleanup.policy': 'compact' }
      : { 'cleanup.policy': 'delete', 'retention.ms': toRetentionMs(retentionHours) }
  return {
    ...cleanup,
    'message.timestamp.type': 'LogAppendTime',
    [minInsyncSetting]: String(minInsyncReplicas),
    ...(flushEachBatch ? flushSetting : {}),
  }
}

const flushSetting = { 'flush.messages': '1' }

function allEntries(settings: TopicSettings, kind: TopicKind): Record<string, string> {
  return {
    ...cleanupOf(settings, kind),
    // With the times of the vehicles, retention would delete readings that are uploaded late.
    'message.timestamp.type': 'LogAppendTime',
    [minInsyncSetting]: String(settings.minInsyncReplicas),
    // The broker decompresses what other clients send, so that each of our readers need not.
    'compression.type': 'uncompressed',
    'unclean.leader.election.enable': 'false',
    ...(settings.flushEachBatch ? flushSetting : {}),
    ...(settings.maxBatchBytes === undefined
      ? {}
      : { 'max.message.bytes': String(settings.maxBatchBytes) }),
  }
}

const compactedSegmentBytes = 16 * 1024 * 1024
/** How long a record is kept after a later record of its key. */
const compactionLagMs = 86_400_000

function cleanupOf({ retentionHours }: TopicSettings, kind: TopicKind): Record<string, string> {
  if (kind.kind !== 'log') {
    return {
      'cleanup.policy': 'compact',
      'segment.bytes': String(compactedSegmentBytes),
      'min.compaction.lag.ms': String(compactionLagMs),
    }
  }
  return {
    'cleanup.policy': 'delete',
    'retention.ms': toRetentionMs(retentionHours),
    'retention.bytes': '-1',
    [logTagSetting]: String(kind.logTag),
  }
}

/** -1 is no limit. */
function toRetentionMs(hours: number | undefined): string {
  return hours === undefined ? '-1' : String(hours * 3_600_000)
}

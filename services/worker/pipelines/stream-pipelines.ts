import { consumerGroupOf } from '../../adapters/kafka/client.ts'
import type { RecordForwarder } from '../../adapters/kafka/writing/record-forwarder.ts'
import { CopyRowEncoder } from '../../adapters/postgres/tables/copy-row-encoder.ts'
import { TaskSink } from '../../adapters/postgres/tasks/task-sink.ts'
import { sinkOfTable } from '../../adapters/postgres/tables/sink-of-table.ts'
import { foreignLogIdentity } from '../../ledger/log-identity.ts'
import { groupingStageOf, withOrigin } from '../../ledger/origin.ts'
import type { RecordPosition } from '../../ledger/receipt.ts'
import type { NewTask } from '../../ledger/tasks/task.ts'
import type { Declaration } from '../../pipelines/declaration/declaration.ts'
import type { TaskDeclaration, TaskTopic } from '../../pipelines/declaration/task-declaration.ts'
import { toTableSchema } from '../../pipelines/declared-table.ts'
import { createDecoder } from '../../pipelines/decode/create-decoder.ts'
import { decodeGrouped } from '../../pipelines/decode/decode-grouped.ts'
import type { DeclaredRow } from '../../pipelines/decode/decode-record.ts'
import { groupOf } from '../../pipelines/decode/group-of.ts'
import { storedTopicOf } from '../../pipelines/grouped-topic.ts'
import type { StreamPipeline } from '../../stream/stream.ts'
import { decodeTask } from '../../tasks/messages/decode-task.ts'

/** The streams that a declaration becomes. */

/**
 * A topic without traffic is fetched and a heartbeat sent once in this time: a worker may have many of
 * them. Records are returned at once. It is the interval of the heartbeats.
 */
export const fetch = { minBytes: 1, maxWaitMs: 3_000 }

/** @param isOurTopic whether the platform has created the topic; others are never altered */
type Source = { readonly isOurTopic: boolean }

type ReadTopic = { readonly name: string; readonly group: string | undefined }

/** The consumer group of the stream that reads the source topic. */
export function sourceConsumerGroup({
  name: pipeline,
  topic,
}: {
  readonly name: string
  readonly topic: ReadTopic
}): string {
  return topic.group ?? consumerGroupOf({ pipeline, topic: topic.name })
}

type SourceOfStream = {
  readonly name: string
  readonly topic: ReadTopic & Pick<Declaration['topic'], 'start'>
  readonly commitEvery?: number | undefined
}

/** The keys of a stream that reads the source topic. */
function ofSource(pipeline: SourceOfStream, { isOurTopic }: Source) {
  const { topic, commitEvery } = pipeline
  return {
    start: topic.start,
    groupId: sourceConsumerGroup(pipeline),
    ...(commitEvery !== undefined && { commitEvery }),
    ...(!isOurTopic && { identity: () => foreignLogIdentity }),
  }
}

/** Reads the source topic, and stores its records as rows. */
export function tablePipeline(
  declaration: Declaration,
  source: Source,
): StreamPipeline<DeclaredRow> {
  const { name, batch } = declaration
  const schema = toTableSchema(declaration)
  return {
    name,
    decode: createDecoder(declaration, new CopyRowEncoder(schema.columns.length)),
    sink: () => sinkOfTable(schema),
    ...ofSource(declaration, source),
    ...(batch && { batch }),
  }
}

/** Reads the source topic, and makes a task of each message. */
export function taskPipeline(
  { name, step, errors }: TaskDeclaration,
  topic: TaskTopic,
  source: Source,
): StreamPipeline<NewTask> {
  return {
    name,
    decode: (record, origin) => decodeTask(step, record, origin),
    sink: () => new TaskSink({ pipeline: name, topic: topic.name, errors }),
    ...ofSource({ name, topic }, source),
  }
}

/** A batch with more refused records is divided, because a transaction may last at most a minute. */
const sendLimits = { maxRefusals: Infinity, maxMs: 20_000 }

/** A record of the source topic, and the key that it gets in the grouped topic. */
type GroupedRow = { readonly group: string | null; readonly position: RecordPosition }

/** Reads the source topic, and writes its records to the grouped topic. */
export function groupingPipeline(
  declaration: Declaration,
  source: Source,
  forwarder: Pick<RecordForwarder, 'sendAccepted'>,
): StreamPipeline<GroupedRow> {
  return {
    name: groupingStageOf(declaration.name),
    decode: (record, origin) => {
      const { offset } = record
      const row = { group: groupOf(declaration, record), position: { ...origin, offset } }
      return { kind: 'row', offset, row, original: record }
    },
    forwardFor: declaration.name,
    forward: async (entries, life) => {
      const records = entries.map((entry) => {
        const { original, row } = entry
        const headers = withOrigin(original, { ...row.position, life })
        return { key: row.group, value: original.value, headers, entry }
      })
      const { settled, refused } = await forwarder.sendAccepted(records, sendLimits)
      return {
        settled,
        refused: refused.map(({ record, reason }) => ({ entry: record.entry, reason })),
      }
    },
    ...ofSource(declaration, source),
  }
}

/** The consumer group of the stream that reads the grouped topic. */
export const groupedConsumerGroup = (declaration: Declaration): string =>
  `av-telemetry:${declaration.name}:${storedTopicOf(declaration)}`

/**
 * Reads the grouped topic, and stores its records as rows. It begins at the end: records that are in the
 * topic before are of the time before a reset, or of another database.
 */
export function groupedTablePipeline(declaration: Declaration): StreamPipeline<DeclaredRow> {
  const { name, batch } = declaration
  return {
    name,
    decode: (record, origin) => decodeGrouped(declaration, record, origin),
    sink: () => sinkOfTable(toTableSchema(declaration)),
    isGrouped: true,
    groupId: groupedConsumerGroup(declaration),
    start: 'latest',
    ...(batch && { batch }),
  }
}

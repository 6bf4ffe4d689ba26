import { groupingStageOf } from '../ledger/origin.ts'
import type { Declaration } from './declaration/declaration.ts'
import type { PipelineDeclaration } from './declaration/task-declaration.ts'
import { isTaskDeclaration } from './declaration/task-declaration.ts'

/** The topic that `from.topic.group_by` writes: the records of the source, with equal values together. */

/** Partitions of a grouped topic without `partitions`. */
const defaultPartitions = 6

/** The name of the topic in which the records of a topic are grouped by a column. */
export const groupedTopicOf = (topic: string, column: string): string => `${topic}-by-${column}`

/** How many partitions of the grouped topic are used. */
export function groupedPartitionsOf({
  partitions = defaultPartitions,
}: Pick<Declaration['topic'], 'partitions'>): number {
  return partitions
}

/** The topic whose records become rows: the grouped topic, or the source. */
export function storedTopicOf({ topic }: Declaration): string {
  return topic.groupBy === undefined ? topic.name : groupedTopicOf(topic.name, topic.groupBy)
}

/**
 * Whether the rows with equal keys come from one partition of the grouped topic. Then their position is
 * that of the grouped topic. Otherwise it is that of the source topic.
 */
export function isGroupedByKey({ topic, table }: Declaration): boolean {
  return topic.groupBy !== undefined && table.key.includes(topic.groupBy)
}

/** A stream of a pipeline: the name of its ledgers and metrics, and the topic that it reads. */
export type PipelineStage = { readonly name: string; readonly topic: string }

/**
 * The streams of a pipeline, in the order of its records. The last one stores the rows, or makes the
 * tasks. A pipeline that reads no topic has none.
 */
export function stagesOf(declaration: PipelineDeclaration): PipelineStage[] {
  if (isTaskDeclaration(declaration)) {
    const { name, source } = declaration
    return source.kind === 'topic' ? [{ name, topic: source.name }] : []
  }
  const { name, topic } = declaration
  const storing = { name, topic: storedTopicOf(declaration) }
  if (topic.groupBy === undefined) return [storing]
  return [{ name: groupingStageOf(name), topic: topic.name }, storing]
}

import type { LogRange } from '../ledger/ledger.ts'
import type { PipelineStage } from './grouped-topic.ts'

type Position = { readonly partition: number; readonly nextOffset: number }

/**
 * The number of records of a topic that a pipeline has not settled yet.
 *
 * @param positions in the current log; a partition without one was added to the topic later
 * @param ranges of the topic, by partition; undefined if they are not known
 * @returns null if it is not known: before the pipeline has begun, and if the topic ends before a
 *   position, because it was created again
 */
function lagOf(
  positions: readonly Position[],
  ranges: readonly LogRange[] | undefined,
): number | null {
  if (ranges === undefined || positions.length === 0) return null
  const next = new Map(positions.map(({ partition, nextOffset }) => [partition, nextOffset]))
  const lags = ranges.map(({ low, high }, partition) => high - (next.get(partition) ?? low))
  return lags.some((lag) => lag < 0) ? null : lags.reduce((sum, lag) => sum + lag, 0)
}

/** Where all pipelines are, and the ranges of their topics. A topic without known ranges is missing. */
type Reading = {
  readonly positions: readonly (Position & { readonly pipeline: string; readonly topic: string })[]
  readonly ranges: ReadonlyMap<string, readonly LogRange[]>
}

/** The number of records that a stage of a pipeline has not settled yet. @returns null as `lagOf` */
export function lagOfStage(
  { name, topic }: PipelineStage,
  { positions, ranges }: Reading,
): number | null {
  const own = positions.filter((position) => position.pipeline === name && position.topic === topic)
  return lagOf(own, ranges.get(topic))
}

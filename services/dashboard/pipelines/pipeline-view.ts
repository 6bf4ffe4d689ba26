import type { RangesByTopic } from '../../adapters/kafka/topic-ranges.ts'
import type {
  LatestLetter,
  PipelinePosition,
  UnreadablePartition,
} from '../../adapters/postgres/pipelines/pipeline-progress.ts'
import type {
  PipelineOutcomes,
  StoredPipeline,
} from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { FileCount } from '../../adapters/postgres/files/file-reader.ts'
import type { TasksByState } from '../../adapters/postgres/tasks/work-now.ts'
import type { PipelineStage } from '../../pipelines/grouped-topic.ts'
import { filesPipelinesOf } from '../../pipelines/files/choose-inbox.ts'
import { lagOfStage } from '../../pipelines/pipeline-lag.ts'
import { isEnabled, stateOf } from '../../pipelines/pipeline-state.ts'
import { storedTasksOf } from '../../pipelines/tasks/stored-tasks.ts'
import type { SetValue } from '../../pipelines/settings/settings.ts'
import type { Pipeline, PipelineCounts, PipelineDetails } from '../api/pipelines.ts'
import { routeOf } from './pipeline-route.ts'

/** What was read of all pipelines. */
export type PipelineReading = {
  readonly settings: readonly SetValue[]
  readonly positions: readonly PipelinePosition[]
  readonly unreadable: readonly UnreadablePartition[]
  readonly letters: readonly LatestLetter[]
  readonly ranges: RangesByTopic
  readonly tasks: readonly TasksByState[]
  readonly files: readonly FileCount[]
}

type Progress = { readonly counts: PipelineOutcomes; readonly rate: number | null }

/** A pipeline in the form of the API. */
export function toDetails(
  pipeline: StoredPipeline,
  { counts, rate }: Progress,
  reading: PipelineReading,
): PipelineDetails {
  const { name, file, declaration, pauseReason = null, fault = null, declaredAt, seenAt } = pipeline
  const route = routeOf(declaration)
  const { text = null, topic = null, table = null, stages = [] } = route ?? {}
  return {
    ...{ name, route: text, topic, table, pauseReason, fileFault: fault },
    ...stateAndFailure(pipeline, stages, reading),
    isEnabled: isEnabled(pipeline, reading.settings),
    needsDecision: pipeline.needsDecision,
    counts: toCounts(counts),
    tasks: toTasks(pipeline, reading.tasks),
    files: toFiles(pipeline, reading.files),
    rate,
    lag: sumOfLags(stages.map((stage) => lagOfStage(stage, reading))),
    latestDeadLetter: toLatest(reading.letters.find((letter) => letter.pipeline === name)),
    file,
    declaration: declaration as PipelineDetails['declaration'],
    declaredAt: declaredAt.toISOString(),
    seenAt: seenAt.toISOString(),
  }
}

/** Null if its records become rows. */
function toTasks(
  { name, declaration }: StoredPipeline,
  all: readonly TasksByState[],
): Pipeline['tasks'] {
  const counts = all.find((each) => each.pipeline === name)
  if (counts === undefined && storedTasksOf(declaration) === undefined) return null
  const { queued = 0, running = 0, complete = 0, failed = 0, canceled = 0 } = counts ?? {}
  return { queued, running, complete, failed, canceled }
}

/** Null if it loads no files. */
function toFiles(stored: StoredPipeline, all: readonly FileCount[]): Pipeline['files'] {
  const [pipeline] = filesPipelinesOf([stored])
  if (pipeline === undefined) return null
  const {
    inbox,
    processing = null,
    archive,
    error,
    canceled,
    match,
    mimetypes = [],
  } = pipeline.source
  const counts = { queued: 0, running: 0, complete: 0, failed: 0, canceled: 0 }
  for (const { pipeline: name, state, count } of all) {
    if (name === stored.name && state !== 'unmatched') counts[state] = count
  }
  return { inbox, processing, archive, error, canceled, match, mimetypes, counts }
}

/** Null if one of them is not known, or if there is none. */
function sumOfLags(lags: readonly (number | null)[]): number | null {
  return lags.reduce<number | null>(
    (sum, lag) => (sum === null || lag === null ? null : sum + lag),
    lags.length === 0 ? null : 0,
  )
}

function toCounts(counts: PipelineOutcomes): PipelineCounts {
  const { settled, stored, updated, duplicate, deadLettered, openLetters } = counts
  return { settled, stored, updated, duplicate, deadLettered, openDeadLetters: openLetters }
}

function stateAndFailure(
  pipeline: StoredPipeline,
  stages: readonly PipelineStage[],
  { settings, unreadable }: PipelineReading,
): Pick<Pipeline, 'state' | 'failure'> {
  const state = stateOf({ ...pipeline, isEnabled: isEnabled(pipeline, settings) })
  const report = unreadable.find((each) =>
    stages.some(({ name, topic }) => each.pipeline === name && each.topic === topic),
  )
  if (state !== 'running' || report === undefined) return { state, failure: null }
  const { partition, firstOffset, reason } = report
  return {
    state: 'failing',
    failure: `Kafka's file of partition ${partition} cannot be read at offset ${firstOffset}: ${reason} The pipeline waits there. npm run status says what to do.`,
  }
}

function toLatest(letter: LatestLetter | undefined): Pipeline['latestDeadLetter'] {
  if (letter === undefined) return null
  return { reason: letter.code, detail: letter.detail, diedAt: letter.diedAt.toISOString() }
}

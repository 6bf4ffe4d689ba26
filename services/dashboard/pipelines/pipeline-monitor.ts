import type { RangesByTopic } from '../../adapters/kafka/topic-ranges.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import type { FileCount } from '../../adapters/postgres/files/file-reader.ts'
import { FileReader } from '../../adapters/postgres/files/file-reader.ts'
import {
  readLatestLetters,
  readPositions,
  readUnreadable,
} from '../../adapters/postgres/pipelines/pipeline-progress.ts'
import type { StoredPipeline } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import {
  noOutcomes,
  PostgresPipelineStore,
} from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { PostgresSettingStore } from '../../adapters/postgres/settings/setting-store.ts'
import { countByState } from '../../adapters/postgres/tasks/work-now.ts'
import { filesPipelinesOf } from '../../pipelines/files/choose-inbox.ts'
import type { Logger } from '../../runtime/logger.ts'
import { WarnOnce } from '../../runtime/poll.ts'
import type { PipelineDetails } from '../api/pipelines.ts'
import { routeOf } from './pipeline-route.ts'
import type { PipelineReading } from './pipeline-view.ts'
import { toDetails } from './pipeline-view.ts'
import { SettledRates } from './settled-rates.ts'

type Options = {
  /** Of the role that reads. */
  readonly pool: Pool
  readonly readRanges: (topics: readonly string[]) => Promise<RangesByTopic>
  readonly logger: Logger
}

/** Requests within this time get the same answer, so that many pages read as often as one. */
const keptMs = 1_500

/** Reads the declared pipelines from Postgres, and their lag from Kafka, when they are asked for. */
export class PipelineMonitor {
  readonly #options: Options
  readonly #warnings: WarnOnce
  readonly #rates = new SettledRates()
  readonly #files: FileReader
  #latest:
    { readonly answer: Promise<PipelineDetails[] | undefined>; readonly atMs: number } | undefined

  constructor(options: Options) {
    this.#options = options
    this.#files = new FileReader(options.pool)
    this.#warnings = new WarnOnce(options.logger)
  }

  /** All pipelines by name, at most `keptMs` old; undefined if the database does not answer. */
  async read(): Promise<readonly PipelineDetails[] | undefined> {
    const latest = this.#latest
    if (latest === undefined || performance.now() - latest.atMs > keptMs) return this.readNow()
    return latest.answer
  }

  /** Like `read`, but with all changes before the call. */
  async readNow(): Promise<readonly PipelineDetails[] | undefined> {
    const answer = this.#warnings.attempt(() => this.#read(), { failed: 'pipelines-not-seen' })
    this.#latest = { answer, atMs: performance.now() }
    return answer
  }

  async #read(): Promise<PipelineDetails[]> {
    const { pool } = this.#options
    const store = new PostgresPipelineStore(pool)
    const pipelines = await store.list()
    if (pipelines.length === 0) return []
    const [outcomes, settings, positions, unreadable, letters, tasks, files, ranges] =
      await Promise.all([
        store.outcomes(),
        new PostgresSettingStore(pool).list(),
        readPositions(pool),
        readUnreadable(pool),
        readLatestLetters(pool),
        countByState(pool),
        this.#countFiles(pipelines),
        this.#ranges(pipelines),
      ])
    const nowMs = performance.now()
    const reading: PipelineReading = {
      settings,
      positions,
      unreadable,
      letters,
      tasks,
      files,
      ranges,
    }
    return pipelines.map((pipeline) => {
      const { name } = pipeline
      const counts = outcomes.find((each) => each.pipeline === name) ?? noOutcomes(name)
      const rate = this.#rates.add(name, counts.settled, nowMs)
      return toDetails(pipeline, { counts, rate }, reading)
    })
  }

  async #countFiles(pipelines: readonly StoredPipeline[]): Promise<FileCount[]> {
    return filesPipelinesOf(pipelines).length === 0 ? [] : this.#files.counts()
  }

  /** Empty if Kafka does not answer: the pipelines are shown without their lag. */
  async #ranges(pipelines: readonly StoredPipeline[]): Promise<RangesByTopic> {
    const topics = pipelines.flatMap(
      ({ declaration }) => routeOf(declaration)?.stages.map(({ topic }) => topic) ?? [],
    )
    const read = () => this.#options.readRanges(topics)
    return (await this.#warnings.attempt(read, { failed: 'topics-not-seen' })) ?? new Map()
  }
}

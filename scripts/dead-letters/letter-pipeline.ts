import type pg from 'pg'
import { InputError } from '../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { PostgresDeadLetterStore } from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import type {
  DecodeLetters,
  Redriven,
} from '../../services/adapters/postgres/dead-letters/redrive-store.ts'
import { PostgresRedriveStore } from '../../services/adapters/postgres/dead-letters/redrive-store.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { ReadingSink } from '../../services/adapters/postgres/readings/reading-sink.ts'
import { sinkOfTable } from '../../services/adapters/postgres/tables/sink-of-table.ts'
import type { TableSink } from '../../services/adapters/postgres/tables/table-sink.ts'
import { TaskSink } from '../../services/adapters/postgres/tasks/task-sink.ts'
import type { DeadLetter, DeadLetterState } from '../../services/ledger/dead-letter.ts'
import { taskTable } from '../../services/ledger/tasks/task-table.ts'
import { groupingStageOf } from '../../services/ledger/origin.ts'
import type { TableSchema } from '../../services/ledger/table-schema.ts'
import type { Declaration } from '../../services/pipelines/declaration/declaration.ts'
import { fromStored } from '../../services/pipelines/declaration/stored-declaration.ts'
import type {
  FileDeclaration,
  TaskDeclaration,
} from '../../services/pipelines/declaration/task-declaration.ts'
import {
  asFileDeclaration,
  isTaskDeclaration,
  topicOf,
} from '../../services/pipelines/declaration/task-declaration.ts'
import { storedTopicOf } from '../../services/pipelines/grouped-topic.ts'
import { toTableSchema } from '../../services/pipelines/declared-table.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import { readingTable } from '../../services/telemetry/reading/reading-table.ts'
import { microsecondsPerDay } from '../../services/telemetry/reading/reading.ts'
import type { RunningPlatform } from '../targets/target.ts'
import type { CurrentVerdict } from './current-verdict.ts'
import { judgeWithCurrentCode } from './current-verdict.ts'
import { createLineDecoder, LineHeaders } from './decode-lines.ts'
import { createDeclaredDecoder, createReadingDecoder, createTaskDecoder } from './decode-letters.ts'

/** The pipeline whose dead letters a command works on. */
export type LetterPipeline = {
  readonly name: string
  /** Undefined if its records are lines of files. */
  readonly topic: string | undefined
  /** What its records are called, in the plural. */
  readonly unit: 'readings' | 'records' | 'lines'
  /** @param states letters in other states are skipped */
  readonly createRedriver: (pool: pg.Pool, states: readonly DeadLetterState[]) => Redriver
  /** What a redrive would do with the letter now. */
  readonly judge: (letters: PostgresDeadLetterStore, letter: DeadLetter) => Promise<CurrentVerdict>
}

type Redriver = { readonly redrive: (ids: readonly number[]) => Promise<Redriven[]> }

type Parts<Row> = Pick<LetterPipeline, 'name' | 'topic' | 'unit'> & {
  readonly schema: TableSchema<Row>
  readonly createSink: (pool: pg.Pool) => TableSink<Row>
  readonly decode: DecodeLetters<Row>
}

/**
 * @param name `readings`, or the name of a declared pipeline
 * @throws InputError with the names of the pipelines that exist
 */
export async function findLetterPipeline(
  { config, bucket }: Pick<RunningPlatform, 'config' | 'bucket'>,
  pool: pg.Pool,
  name: string,
): Promise<LetterPipeline> {
  if (name === readingsPipeline) return ofReadings(config)
  const declared = await new PostgresPipelineStore(pool).list()
  const found = declared.find(
    (pipeline) => pipeline.name === name || groupingStageOf(pipeline.name) === name,
  )
  if (found === undefined) {
    const names = [readingsPipeline, ...declared.map((pipeline) => pipeline.name)].join(', ')
    throw new InputError(`There is no pipeline "${name}"; the pipelines are: ${names}.`)
  }
  if (found.declaration === null) {
    throw new InputError(`The pipeline ${name} is reset. It has no dead letters.`)
  }
  const declaration = fromStored(found.declaration)
  const files = isTaskDeclaration(declaration) ? asFileDeclaration(declaration) : undefined
  if (files !== undefined) return ofFiles(files, new LineHeaders(pool, await bucket()))
  if (isTaskDeclaration(declaration))
    return declaration.step.kind === 'readings' ? ofReadingFiles(name) : ofTasks(declaration)
  if (found.name === name) return ofDeclaration(declaration)
  // This stage has dead letters of offsets that were skipped, and of records that it could not write to the topic.
  return ofDeclaration(declaration, { name, topic: declaration.topic.name })
}

function ofReadings({ kafka, postgres }: PlatformConfig): LetterPipeline {
  return toLetterPipeline({
    ...{ name: readingsPipeline, topic: kafka.topic, unit: 'readings' },
    schema: readingTable(postgres.table),
    createSink: (pool) => new ReadingSink(pool, postgres.table),
    decode: createReadingDecoder(postgres.retentionDays * microsecondsPerDay),
  })
}

function ofDeclaration(
  declaration: Declaration,
  stage = { name: declaration.name, topic: storedTopicOf(declaration) },
): LetterPipeline {
  const schema = toTableSchema(declaration)
  return toLetterPipeline({
    schema,
    ...{ ...stage, unit: 'records' },
    createSink: () => sinkOfTable(schema),
    decode: createDeclaredDecoder(declaration),
  })
}

/** Lines of files that could not become rows. */
function ofFiles(declaration: FileDeclaration, headers: LineHeaders): LetterPipeline {
  const { name, step, to } = declaration
  const schema = toTableSchema({ table: to.table, columns: step.columns })
  return toLetterPipeline({
    ...{ name, topic: undefined, unit: 'lines', schema },
    createSink: () => sinkOfTable(schema),
    decode: createLineDecoder(declaration, headers),
  })
}

/** Lines of files that could not become readings. They are listed and discarded, but not redriven. */
function ofReadingFiles(name: string): LetterPipeline {
  const whatToDo =
    'A line becomes a reading only together with its file, so it cannot be redriven alone. Correct the file and drop it again. Readings that are already stored add no row. Then discard the dead letters.'
  return {
    ...{ name, topic: undefined, unit: 'lines' },
    createRedriver: () => {
      throw new InputError(whatToDo)
    },
    judge: (_, { code, detail }) =>
      Promise.resolve({ kind: 'kept', reason: code, detail: `${detail} ${whatToDo}` }),
  }
}

/** Messages that could not become tasks. */
function ofTasks(declaration: TaskDeclaration): LetterPipeline {
  const { name, errors } = declaration
  const topic = topicOf(declaration)
  if (declaration.source.kind === 'files')
    throw new InputError(
      `This command does not work with the pipeline ${name}, because the lines of its files do not become rows of a table. Correct the file and drop it again.`,
    )
  if (topic === undefined)
    throw new InputError(`The pipeline ${name} reads no topic. It has no dead letters.`)
  return toLetterPipeline({
    ...{ name, topic, unit: 'records', schema: taskTable(name) },
    createSink: () => new TaskSink({ pipeline: name, topic, errors }),
    decode: createTaskDecoder(declaration),
  })
}

function toLetterPipeline<Row>(parts: Parts<Row>): LetterPipeline {
  const { schema, createSink, decode, ...own } = parts
  return {
    ...own,
    createRedriver: (pool, states) => {
      const sink = createSink(pool)
      return new PostgresRedriveStore(pool, { pipeline: own.name, sink, decode, states })
    },
    judge: (letters, letter) => judgeWithCurrentCode({ letters, schema, decode }, letter),
  }
}

import { z } from 'zod'
import { limits } from '../../limits.ts'
import { files, folder } from '../files/file-schema.ts'
import {
  boolean,
  consumerGroup,
  durationMs,
  fixedParams,
  handlerName,
  pipelineName,
  retry,
  sqlName,
  startOfTopic,
  text,
  toNamed,
  topicName,
  wholeNumber,
  writtenTopicName,
} from '../schema-values.ts'

/** The keys of a pipeline with the step `run`, `sql` or `shell`. Rules between keys are in `task-rules.ts`. */

const topic = z.preprocess(
  toNamed,
  z.strictObject(
    {
      name: topicName,
      start: startOfTopic.default('earliest'),
      group: consumerGroup.optional(),
    },
    'expected the name of a topic, or a table with the key "name"',
  ),
)

/** Milliseconds since the Unix epoch of a time as text; NaN for every other text. */
const instantMs = (value: string): number =>
  /(?:Z|[+-]\d\d:\d\d)$/i.test(value) ? Date.parse(value) : NaN

const instant = z
  .custom<string>(
    (value) => typeof value === 'string' && !Number.isNaN(instantMs(value)),
    'expected a time with its offset from UTC, e.g. 2026-01-31T00:00:00Z',
  )
  .transform(instantMs)

const fixedWindow = z.strictObject(
  { from: instant.optional(), to: instant.optional() },
  'expected "previous", or a table with the keys "from" and "to"',
)

const schedule = z.strictObject(
  {
    every: durationMs(limits.scheduleEvery.maximum, limits.scheduleEvery.minimum).optional(),
    cron: text(/./, 'a cron rule with five fields, e.g. "0 * * * *"').optional(),
    time_zone: text(/./, 'the name of a time zone, e.g. "Europe/Berlin"').optional(),
    window: z.preprocess(
      (value) => (value === 'previous' ? undefined : value),
      fixedWindow.optional(),
    ),
    allowed_lateness: durationMs('30 d', '2 min').optional(),
    catch_up: wholeNumber(1, 10_000).optional(),
  },
  'expected a table with the key "every" or "cron"',
)

const fieldName = text(/^[^\0]{1,200}$/u, 'the name of a field')

const run = z.preprocess(
  (value) => (typeof value === 'string' ? { handler: value } : value),
  z.strictObject(
    {
      handler: handlerName.optional(),
      by: fieldName.optional(),
      params: z
        .union(
          [fieldName, fixedParams],
          'expected the name of a field, or for from.files a table with the parameters of the handler',
        )
        .optional(),
    },
    'expected the name of a handler, or a table with the key "by" or "handler"',
  ),
)

const table = z.strictObject(
  {
    name: sqlName,
    key: z
      .array(sqlName, 'expected a list of column names')
      .min(1, 'expected at least one column; leave "key" out to add every row')
      .max(32, 'expected at most 32 columns')
      .optional(),
    on_conflict: text(
      /^(?:keep|update)$/,
      '"keep" or "update"; the rows of a task have no order in which one is the newest',
    ).optional(),
  },
  'expected a table with the key "name"',
)

const objects = z.preprocess(
  (value) => (typeof value === 'string' ? { folder: value } : value),
  z.strictObject(
    { folder: folder.default('outputs') },
    'expected a folder in the bucket, e.g. "outputs", or a table with the key "folder"',
  ),
)

const to = z.strictObject(
  {
    table: table.optional(),
    tables: z
      .strictObject({ create: boolean.default(false) }, 'expected a table with the key "create"')
      .optional(),
    topic: writtenTopicName.optional(),
    objects: objects.optional(),
  },
  'expected a table with the key "table", "tables", "topic" or "objects"',
)

export const taskSchema = z.strictObject({
  name: pipelineName,
  enabled: boolean.default(true),
  from: z.strictObject(
    {
      topic: topic.optional(),
      schedule: schedule.optional(),
      files: files.optional(),
      api: z
        .custom<true>((value) => value === true, 'expected true; its tasks come from the API only')
        .optional(),
    },
    'expected a table with the key "topic", "schedule", "files" or "api"',
  ),
  run: run.optional(),
  sql: text(
    /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^/\\\0][^\\\0]*\.sql$/u,
    'a file in the folder of the worker, e.g. "sql/margin.sql"',
  ).optional(),
  shell: text(
    /^(?=.*\S)[^\0]{1,10000}$/su,
    'a command for /bin/sh, e.g. \'./load.sh "$1"\'; $1 is the path of the file',
  ).optional(),
  concurrency: wholeNumber(1, limits.concurrency).optional(),
  timeout: durationMs(limits.taskTimeout).optional(),
  retry: retry.prefault({}),
  to: to.optional(),
  errors: writtenTopicName.optional(),
  progress: writtenTopicName.optional(),
  reads: z
    .strictObject(
      { table: sqlName, time: sqlName },
      'expected a table with the keys "table" and "time"',
    )
    .optional(),
})

/** A file whose keys are right, one by one. */
export type TaskFile = z.output<typeof taskSchema>
export type ScheduleFile = z.output<typeof schedule>

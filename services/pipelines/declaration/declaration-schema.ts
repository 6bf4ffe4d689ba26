import { z } from 'zod'
import { limits } from '../limits.ts'
import { columnKindExpected, parseColumnKind } from './column-kind.ts'
import {
  boolean,
  consumerGroup,
  durationMs,
  pipelineName,
  sqlName,
  startOfTopic,
  text,
  toNamed,
  topicName,
  wholeNumber,
} from './schema-values.ts'

/** The keys of a declaration with their types and defaults. Rules between keys are in `check-rules.ts`. */

const kind = z
  .custom<string>(
    (value) => typeof value === 'string' && parseColumnKind(value) !== undefined,
    `expected ${columnKindExpected}`,
  )
  .transform((value) => parseColumnKind(value) ?? { type: 'text' as const })

const topic = z.preprocess(
  toNamed,
  z.strictObject(
    {
      name: topicName,
      start: startOfTopic.default('earliest'),
      group: consumerGroup.optional(),
      group_by: sqlName.optional(),
      partitions: wholeNumber(1, 1_000).optional(),
    },
    'expected the name of a topic, or a table with the key "name"',
  ),
)

export const column = z.strictObject(
  {
    name: sqlName,
    type: kind,
    from: text(
      /^(?:\$(?:\.[^.\s[\]"']+)+|key|time|headers|header:[^\s]+)$/,
      '"$.field" or "$.field.field", "key", "header:NAME", "headers" or "time"',
    ).optional(),
    default: z
      .union([z.string(), z.number(), z.boolean()], 'expected a text, a number, true or false')
      .optional(),
    required: boolean.default(false),
    max_length: wholeNumber(1, 1_000_000).optional(),
    comment: text(/^.{1,500}$/u, 'a text of up to 500 characters').optional(),
  },
  'expected a table with the keys "name" and "type"',
)

const map = z.strictObject(
  {
    format: z
      .custom<'json'>(
        (value) => value === 'json',
        'expected "json"; Avro, Protobuf and other formats with a schema registry are not supported: convert the topic to JSON before',
      )
      .default('json'),
    unknown: text(
      /^(?:ignore|reject|column:[a-z][a-z0-9_]{0,62})$/,
      '"ignore", "reject" or "column:NAME"',
    ).default('ignore'),
    columns: z
      .array(column, 'expected a list of columns')
      .min(1, 'expected at least one column')
      .max(1_000, 'expected at most 1,000 columns'),
  },
  'expected a table with the key "columns"',
)

export const table = z.strictObject(
  {
    name: sqlName,
    key: z
      .array(sqlName, 'expected a list of column names')
      .min(1, 'expected at least one column; leave "key" out to append every record')
      .max(32, 'expected at most 32 columns')
      .optional(),
    on_conflict: text(
      /^(?:keep|update|newest:[a-z][a-z0-9_]{0,62})$/,
      '"keep", "update" or "newest:COLUMN"',
    ).optional(),
  },
  'expected a table with the key "name"',
)

const batch = z.strictObject(
  { records: wholeNumber(1, limits.batchRecords), within: durationMs(limits.batchWithin) },
  'expected a table with the keys "records" and "within"',
)

export const declarationSchema = z.strictObject({
  name: pipelineName,
  enabled: boolean.default(true),
  from: z.strictObject({ topic }, 'expected a table with the key "topic"'),
  batch: batch.optional(),
  commit_every: wholeNumber(1, limits.commitEvery).optional(),
  map,
  to: z.strictObject({ table }, 'expected a table with the key "table"'),
})

/** A file whose keys are right, one by one. */
export type DeclarationFile = z.output<typeof declarationSchema>

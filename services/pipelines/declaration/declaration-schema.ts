import { z } from 'zod'
import { columnKindExpected, parseColumnKind } from './column-kind.ts'
import { limits } from '../limits.ts'
import { durationUpTo, parseDuration } from './duration.ts'

/** The keys of a declaration with their types and defaults. Rules between keys are in `check-rules.ts`. */

/** Postgres cuts longer names off. */
const maxNameLength = 63

/** A text that matches a pattern. */
const text = (pattern: RegExp, expected: string) =>
  z.custom<string>(
    (value) => typeof value === 'string' && pattern.test(value),
    `expected ${expected}`,
  )

const sqlName = text(
  new RegExp(`^[a-z][a-z0-9_]{0,${maxNameLength - 1}}$`),
  `a lower-case SQL name of up to ${maxNameLength} characters that begins with a letter`,
)

const wholeNumber = (minimum: number, maximum: number) =>
  z.custom<number>(
    (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
    `expected a whole number from ${minimum} to ${maximum}`,
  )

const choice = <const T extends string>(...values: readonly T[]) =>
  z.custom<T>(
    (value) => values.includes(value as T),
    `expected one of ${values.map((value) => `"${value}"`).join(', ')}`,
  )

/** @param maximum a duration as text */
const durationMs = (maximum: string) =>
  z
    .custom<string>(
      (value) => {
        const milliseconds = typeof value === 'string' ? (parseDuration(value) ?? 0) : 0
        return milliseconds > 0 && milliseconds <= (parseDuration(maximum) ?? 0)
      },
      `expected ${durationUpTo(maximum)}`,
    )
    .transform((value) => parseDuration(value) ?? 0)

const kind = z
  .custom<string>(
    (value) => typeof value === 'string' && parseColumnKind(value) !== undefined,
    `expected ${columnKindExpected}`,
  )
  .transform((value) => parseColumnKind(value) ?? { type: 'text' as const })

const boolean = z.custom<boolean>((value) => typeof value === 'boolean', 'expected true or false')

const topicName = text(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
  "a topic name: A-Z, a-z, 0-9, '.', '_' and '-'",
)

const topic = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  z.strictObject(
    {
      name: topicName,
      start: choice('earliest', 'latest', 'committed').default('earliest'),
      group: text(
        /^[\w.:-]{1,249}$/,
        "a consumer group: A-Z, a-z, 0-9, '.', '_', ':' and '-'",
      ).optional(),
      group_by: sqlName.optional(),
      partitions: wholeNumber(1, 1_000).optional(),
    },
    'expected the name of a topic, or a table with the key "name"',
  ),
)

const column = z.strictObject(
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

const table = z.strictObject(
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
  name: text(
    /^[a-z][a-z0-9_-]{0,62}$/,
    "a name of up to 63 lower-case letters, digits, '_' and '-' that begins with a letter",
  ),
  enabled: boolean.default(true),
  from: z.strictObject({ topic }, 'expected a table with the key "topic"'),
  batch: batch.optional(),
  commit_every: wholeNumber(1, limits.commitEvery).optional(),
  map,
  to: z.strictObject({ table }, 'expected a table with the key "table"'),
})

/** A file whose keys are right, one by one. */
export type DeclarationFile = z.output<typeof declarationSchema>

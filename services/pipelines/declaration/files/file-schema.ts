import { z } from 'zod'
import type { Encoding } from '../../files/content/encoding.ts'
import { encodings } from '../../files/content/encoding.ts'
import type { ObjectFormatName } from '../../files/formats/formats.ts'
import { objectFormats } from '../../files/formats/formats.ts'
import { limits } from '../../limits.ts'
import { column, table } from '../declaration-schema.ts'
import {
  boolean,
  durationMs,
  pipelineName,
  retry,
  text,
  wholeNumber,
  writtenTopicName,
} from '../schema-values.ts'

/** The keys of a pipeline that loads files. Rules between keys are in `file-rules.ts`. */

/** Paths in S3 have at most 1,024 bytes. The name of the file can have 255 of them. */
export const folder = text(
  /^(?!\.)(?!.*\/\.)(?!.*\/\/)(?!.*\/$)[^/\\\0\n][^\\\0\n]{0,199}$/u,
  'the path of a folder in the bucket, e.g. "orders/inbox", with at most 200 characters; no part of it begins with "."',
)

/** A pattern with "/" would never match: subfolders of the inbox are not read. */
const pattern = text(
  /^[^/\\\0\n]{1,200}$/u,
  'a pattern for the names of files, e.g. "*.csv", without "/"',
)

const mimetype = text(
  /^[\w.+-]{1,100}\/(?:[\w.+-]{1,100}|\*)$/,
  'a type of files, e.g. "text/csv" or "text/*"',
)

export const files = z.strictObject(
  {
    inbox: folder.default('01_inbox'),
    processing: folder.optional(),
    archive: folder.default('03_archive'),
    error: folder.default('04_failed'),
    canceled: folder.default('05_canceled'),
    match: z
      .array(pattern, 'expected a list of patterns for the names of files, e.g. ["*.csv"]')
      .min(1, 'expected at least one pattern, e.g. ["*.csv"]')
      .max(100, 'expected at most 100 patterns')
      .optional(),
    mimetypes: z
      .array(mimetype, 'expected a list of types of files, e.g. ["text/csv"]')
      .min(1, 'expected at least one type, e.g. ["text/csv"]')
      .max(100, 'expected at most 100 types')
      .optional(),
    error_log: boolean.default(true),
    on_repeat: text(
      /^(?:skip|load)$/,
      '"skip" (content that was loaded before is not loaded again) or "load"',
    ).default('skip'),
  },
  'expected a table with the key "match" or "mimetypes"',
)

const objectFormatNames = Object.keys(objectFormats) as ObjectFormatName[]
const formats = ['csv', 'tsv', ...objectFormatNames] as const
const shownFormats = formats.map((each) => JSON.stringify(each)).join(', ')
const laterFormats: readonly unknown[] = ['xml', 'xlsx', 'avro']

export const format = z.custom<(typeof formats)[number]>(
  (value) => formats.includes(value as (typeof formats)[number]),
  {
    error: ({ input }) =>
      laterFormats.includes(input)
        ? `this format is not available in this version; expected one of ${shownFormats}`
        : `expected one of ${shownFormats}`,
  },
)

export const encoding = z.custom<Encoding>(
  (value) => encodings.includes(value as Encoding),
  `expected ${encodings.map((each) => JSON.stringify(each)).join(', ')}`,
)

export const asciiCharacter = (expected: string) => text(/^[\t\x20-\x7e]$/, expected)

const map = z.strictObject(
  {
    format,
    encoding: encoding.optional(),
    header: boolean.optional(),
    delimiter: asciiCharacter('one ASCII character, e.g. ";"').optional(),
    quote: text(
      /^[\x20-\x7e]?$/,
      'one ASCII character, or "" for fields without quotes',
    ).optional(),
    on_bad_line: text(
      /^(?:reject|fail)$/,
      '"reject" (good lines are stored, bad ones become dead letters) or "fail" (all lines or none)',
    ).default('reject'),
    reject_limit: wholeNumber(0, limits.rejectedLines).optional(),
    unknown: text(
      /^(?:ignore|reject)$/,
      '"ignore" or "reject"; fields without a column cannot be stored',
    ).default('ignore'),
    columns: z
      .array(
        column.extend({
          from: text(/^[^\0\n\r]{1,500}$/u, 'the name of a field of the file').optional(),
        }),
        'expected a list of columns',
      )
      .min(1, 'expected at least one column')
      .max(1_000, 'expected at most 1,000 columns'),
  },
  'expected a table with the keys "format" and "columns"',
)

export const fileSchema = z.strictObject({
  name: pipelineName,
  enabled: boolean.default(true),
  from: z.strictObject({ files }, 'expected a table with the key "files"'),
  concurrency: wholeNumber(1, limits.concurrency).default(2),
  timeout: durationMs(limits.taskTimeout).default(3_600_000),
  retry: retry.prefault({}),
  progress: writtenTopicName.optional(),
  map,
  to: z.strictObject({ table }, 'expected a table with the key "table"'),
})

/** A declaration whose keys are right, one by one. */
export type FilesFile = z.output<typeof fileSchema>

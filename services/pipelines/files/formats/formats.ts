import type { ObjectFormat } from './format.ts'
import { gpx } from './gpx.ts'
import { json } from './json.ts'
import { ndjson } from './ndjson.ts'
import { parquet } from './parquet.ts'

/** The formats whose records are read as JSON objects, by their names in declarations. */
export const objectFormats = { ndjson, json, parquet, gpx } satisfies Readonly<
  Record<string, ObjectFormat>
>

export type ObjectFormatName = keyof typeof objectFormats

export const isObjectFormat = (format: string): format is ObjectFormatName =>
  Object.hasOwn(objectFormats, format)

import { toExactJson } from './tasks/exact-number.ts'
import { UnreadableResult } from './tasks/result-parts.ts'
import type { ResultPart, TaskFault } from './tasks/task.ts'

/** Results of tasks that become objects of the bucket (`to.objects`): one object a task. */

/** The rows of one table in an object. */
export type OutputTable = {
  readonly name: string
  /** Whether the rows replace those of earlier objects. Otherwise they are added to them. */
  readonly refresh: boolean
  readonly rows: number
  /** The names of the fields, in the order in which they first appear. */
  readonly fields: readonly string[]
}

/** The line of an object in the manifest of its day. */
export type ListedOutput = {
  readonly task: number
  /** The path in the bucket. */
  readonly key: string
  readonly rows: number
  readonly bytes: number
  /** The hash of the object, in hexadecimal digits. */
  readonly sha256: string
  readonly tables: readonly OutputTable[]
}

/** The manifest keeps the names of all fields, and CSV has a column for each. */
const maxFields = 10_000

/** A result has more fields. Its task fails. */
class TooManyFieldsError extends UnreadableResult {
  override get fault(): TaskFault {
    const message = `The result has more than ${maxFields.toLocaleString('en')} different fields. Return values whose names vary as one JSON field.`
    return { code: 'bad-result', message, stack: undefined }
  }
}

type FoundTable = { refresh: boolean; rows: number; readonly fields: Set<string> }

/** Makes the lines of an object: one JSON object `{ "table", "row" }` for each row. Counts the rows and fields. */
export class OutputLines {
  readonly #tables = new Map<string, FoundTable>()
  #fieldCount = 0
  #rows = 0

  get rows(): number {
    return this.#rows
  }

  get tables(): OutputTable[] {
    return [...this.#tables].map(([name, { refresh, rows, fields }]) => {
      return { name, refresh, rows, fields: [...fields] }
    })
  }

  /**
   * The lines of a part, each with a line feed.
   *
   * @throws UnreadableResult if there are too many fields
   */
  add({ table, refresh, rows }: ResultPart): string[] {
    const found = this.#tables.get(table) ?? { refresh, rows: 0, fields: new Set<string>() }
    this.#tables.set(table, found)
    found.refresh ||= refresh
    found.rows += rows.length
    this.#rows += rows.length
    const head = `{"table":${JSON.stringify(table)},"row":`
    return rows.map((row) => {
      const before = found.fields.size
      for (const field of Object.keys(row)) found.fields.add(field)
      this.#fieldCount += found.fields.size - before
      if (this.#fieldCount > maxFields) throw new TooManyFieldsError()
      return `${head}${toExactJson(row)}}\n`
    })
  }
}

/** The folder of the manifests, in the folder of the objects. */
export const manifestFolder = (folder: string): string => `${folder}/manifest`

/** The objects of one folder of one day. */
export type ManifestDay = {
  readonly folder: string
  /** `YYYY-MM-DD` in UTC. */
  readonly day: string
  /** The id of the database. Another database may have listed other objects of the day. */
  readonly installation: string
}

/** The path of the manifest of a day, in the folder of the objects. */
export const manifestKey = ({ folder, day, installation }: ManifestDay): string =>
  `${manifestFolder(folder)}/${day}-${installation}.ndjson`

/** The line of a manifest, with a line feed. */
export function toManifestLine({ task, key, rows, bytes, sha256, tables }: ListedOutput): string {
  return `${JSON.stringify({ task, key, rows, bytes, sha256, tables })}\n`
}

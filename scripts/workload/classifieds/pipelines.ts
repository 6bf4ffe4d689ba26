import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../../services/runtime/process/make-path.mjs'
import { root } from '../../platform/paths.ts'

/** The two pipelines of the workload. Both read the same topic. */

export const topic = 'verify-data'

/** How a pipeline of the workload stores a record whose key has a row. */
export type ConflictRule = 'newest' | 'update'

export type TestedPipeline = {
  readonly name: string
  /** The table has the same name. */
  readonly rule: ConflictRule
  /** Digits after the point of the column `price`. */
  readonly priceScale: number
  /** Whether its table refuses the records that are held back. */
  readonly holdsBack: boolean
}

/** The declaration of the example. */
export const newestPipeline: TestedPipeline = {
  ...{ name: 'verify_classifieds', rule: 'newest', priceScale: 3, holdsBack: true },
}
/** Another table with another conflict rule, and a column that refuses other records. */
export const latestPipeline: TestedPipeline = {
  ...{ name: 'verify_latest', rule: 'update', priceScale: 2, holdsBack: false },
}
export const pipelines: readonly TestedPipeline[] = [newestPipeline, latestPipeline]

const exampleFile = join(root, 'docs/examples/classifieds/pipelines/classifieds.toml')
/**
 * Names that cannot be those of the user, and batches that fit the rate of verify. Both pipelines read the
 * source topic, because the judge compares each record with its outcome by partition and offset.
 */
const replacements: readonly (readonly [string, string])[] = [
  ['name = "classifieds"', `name = "${newestPipeline.name}"`],
  ['name = "data"', `name = "${topic}"`],
  ['group = "classifieds_application"', `group = "${newestPipeline.name}_application"`],
  ['group_by = "ad_type"\npartitions = 6\n', ''],
  ['{ records = 15, within = "30 s" }', '{ records = 500, within = "200 ms" }'],
]

function exampleDeclaration(): string {
  let text = readFileSync(exampleFile, 'utf8')
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`${exampleFile} does not contain ${from}`)
    text = text.replaceAll(from, to)
  }
  return text
}

const latestDeclaration = `name = "${latestPipeline.name}"
from.topic = "${topic}"

[map]
columns = [
  { name = "id", type = "text" },
  { name = "created_at", type = "timestamp" },
  { name = "text", type = "text" },
  { name = "price", type = "numeric(12,${latestPipeline.priceScale})", default = 0 },
]

[to.table]
name = "${latestPipeline.name}"
key = ["id"]
on_conflict = "update"
`

const files = (folder: string) =>
  pipelines.map(({ name }) => join(folder, 'pipelines', `${name}.toml`))

/** Creates the folder that a worker reads. */
export function createFolder(folder: string): void {
  makePath(join(folder, 'pipelines'))
}

/** Writes the declarations into the folder of the workers. They read it every two seconds. */
export function writeDeclarations(folder: string): void {
  const texts = [exampleDeclaration(), latestDeclaration]
  for (const [index, file] of files(folder).entries()) writeFileSync(file, texts[index] ?? '')
}

/** Removes the declarations. The workers pause the pipelines, and their tables stay. */
export function removeDeclarations(folder: string): void {
  for (const file of files(folder)) rmSync(file, { force: true })
}

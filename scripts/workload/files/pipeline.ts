import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../../services/runtime/process/make-path.mjs'

/** The pipeline of the workload. Its table has no key, so that lines which are stored twice are seen. */

export const pipeline = 'verify_files'
export const inbox = 'verify/inbox'
export const archive = 'verify/archive'

const declaration = `name = "${pipeline}"
concurrency = 2
retry = { attempts = 100, first = "100 ms", longest = "1 s" }
[from.files]
inbox = "${inbox}"
archive = "${archive}"
error = "verify/failed"
canceled = "verify/canceled"
match = ["*.csv"]
[map]
format = "csv"
columns = [
  { name = "run", type = "text" },
  { name = "content", type = "integer" },
  { name = "line", type = "integer" },
]
[to.table]
name = "${pipeline}"
`

const declarationFile = (folder: string) => join(folder, 'pipelines', `${pipeline}.toml`)

/** Creates the folder that a worker reads. */
export const createFolder = (folder: string) => makePath(join(folder, 'pipelines'))

/** Writes the declaration into the folder of the workers. */
export function writeDeclaration(folder: string): void {
  createFolder(folder)
  writeFileSync(declarationFile(folder), declaration)
}

/** The workers pause the pipeline, and its table stays. */
export function removeDeclaration(folder: string): void {
  rmSync(declarationFile(folder), { force: true })
}

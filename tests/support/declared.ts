import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Declarations for tests. */

/** A declaration of the pipeline `classifieds`. @param extra further columns, each with a comma */
export const classifieds = (topic: string, extra = ''): string => `
name = "classifieds"
from.topic = "${topic}"
[map]
columns = [
  { name = "id", type = "text" },
  { name = "created_at", type = "timestamp" },
  { name = "price", type = "numeric(12,3)", default = 0 },
  ${extra}
]
[to.table]
name = "classifieds"
key = ["id"]
on_conflict = "newest:created_at"
`

/** A declaration of the pipeline `logbook`, whose table has no key. @param extra further keys at the top */
export const logbook = (topic: string, extra = ''): string => `
name = "logbook"
from.topic = "${topic}"
${extra}
[map]
columns = [ { name = "id", type = "text" }, { name = "number", type = "integer" } ]
[to.table]
name = "logbook"
`

/** Writes a declaration into the folder of a worker. @returns the path of the file */
export function writeDeclaration(folder: string, name: string, text: string): string {
  const subfolder = join(folder, 'pipelines')
  mkdirSync(subfolder, { recursive: true })
  const file = join(subfolder, `${name}.toml`)
  writeFileSync(file, text)
  return file
}

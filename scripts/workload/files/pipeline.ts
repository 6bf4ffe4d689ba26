import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../../services/runtime/process/make-path.mjs'
import { handlerSource } from './handler-source.ts'
import type { Route } from './routes.ts'
import {
  archiveOf,
  inboxOf,
  messageTopic,
  pipelineOf,
  routes,
  storingPipeline,
  tableOf,
} from './routes.ts'

/** The pipelines of the workload. */

/** Many attempts: a worker is killed often during a fault, and no task may fail because of that. */
const retry = 'retry = { attempts = 100, first = "100 ms", longest = "1 s" }'

const map = `[map]
format = "csv"
`
/** The command appends the name of its file to this file of the folder of the workers. */
const effectsFile = 'verify-effects.log'

/** The step and the target of each route. */
const steps: Readonly<Record<Route, string>> = {
  table: `${map}columns = [
  { name = "run", type = "text" },
  { name = "content", type = "integer" },
  { name = "line", type = "integer" },
]
[to.table]
name = "${tableOf.table}"
`,
  rows: `run = { handler = "verify_file", params = { table = "${tableOf.rows}" } }
to.tables = { create = true }
`,
  messages: `run = { handler = "verify_file", params = { table = "${tableOf.messages}" } }
to.topic = "${messageTopic}"
`,
  command: `shell = 'sleep 0.3; echo "$FILE_NAME" >> ${effectsFile}'
`,
  readings: `to = "readings"
${map}vehicle = { field = "vin" }
`,
}

/** Tables of TOML come after the other keys, so `from.files` has dotted keys. */
const declarationOf = (route: Route): string => `name = "${pipelineOf[route]}"
concurrency = 2
${retry}
from.files.inbox = "${inboxOf(route)}"
from.files.archive = "${archiveOf(route)}"
from.files.error = "verify/${route}/failed"
from.files.canceled = "verify/${route}/canceled"
from.files.match = ["*.csv"]
${steps[route]}`

const storing = `name = "${storingPipeline}"
from.topic = "${messageTopic}"
run = "store_rows"
to.tables = { create = true }
concurrency = 2
${retry}
`

const declarationFile = (folder: string, name: string) => join(folder, 'pipelines', `${name}.toml`)
const handlerFile = (folder: string) => join(folder, 'handlers', 'verify-file.ts')

/** Creates the folder that a worker reads. */
export function createFolder(folder: string): void {
  makePath(join(folder, 'pipelines'))
  makePath(join(folder, 'handlers'))
}

/** Writes the handler and the declarations into the folder of the workers. */
export function writeDeclarations(folder: string, used: readonly Route[]): void {
  createFolder(folder)
  writeFileSync(handlerFile(folder), handlerSource)
  writeFileSync(declarationFile(folder, storingPipeline), storing)
  for (const route of used)
    writeFileSync(declarationFile(folder, pipelineOf[route]), declarationOf(route))
}

/** The workers pause the pipelines, and their tables stay. */
export function removeDeclarations(folder: string): void {
  for (const name of [...routes.map((route) => pipelineOf[route]), storingPipeline])
    rmSync(declarationFile(folder, name), { force: true })
  rmSync(handlerFile(folder), { force: true })
  rmSync(join(folder, effectsFile), { force: true })
}

/** How often the command has run for each file, by the names of the files. */
export function readStarts(folder: string): ReadonlyMap<string, number> {
  try {
    const starts = new Map<string, number>()
    for (const name of readFileSync(join(folder, effectsFile), 'utf8').split('\n'))
      if (name !== '') starts.set(name, (starts.get(name) ?? 0) + 1)
    return starts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
}

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePath } from '../../../services/runtime/process/make-path.mjs'
import { handlerSource } from './handler-source.ts'

/** The pipelines of the workload. Two of them read the same topic. */

export const topic = 'verify-job'
export const errorTopic = 'verify-job-error'

/** Its rows go to a table. */
export const direct = 'verify_direct'
/** Its rows go through the outbox to another topic, which `verify_stored` writes to a table. */
export const forwarded = 'verify_forwarded'
export const stored = 'verify_stored'

/** The pipelines that make a task of each message of the topic. Each writes the table of its name. */
export const tested = [direct, forwarded] as const
export const pipelines = [...tested, stored] as const

/** Many attempts: a worker is killed often during a fault, and no task may fail because of that. */
const retry = 'retry = { attempts = 100, first = "100 ms", longest = "1 s" }'

const declarations: Readonly<Record<(typeof pipelines)[number], string>> = {
  [direct]: `from.topic = "${topic}"
run = { by = "method", params = "params" }
to.tables = { create = true }
errors = "${errorTopic}"`,
  [forwarded]: `from.topic = "${topic}"
run = { by = "method", params = "params" }
to.topic = "verify-db"
errors = "${errorTopic}"`,
  [stored]: `from.topic = "verify-db"
run = "store_rows"
to.tables = { create = true }
errors = "${errorTopic}"`,
}

const handlerFile = (folder: string) => join(folder, 'handlers', 'verify-effect.ts')
const declarationFile = (folder: string, name: string) => join(folder, 'pipelines', `${name}.toml`)

/** Creates the folder that a worker reads. */
export function createFolder(folder: string): void {
  makePath(join(folder, 'pipelines'))
  makePath(join(folder, 'handlers'))
}

/** Writes the handler and the declarations into the folder of the workers. */
export function writeDeclarations(folder: string): void {
  writeFileSync(handlerFile(folder), handlerSource)
  for (const name of pipelines) {
    const text = `name = "${name}"\n${declarations[name]}\nconcurrency = 4\n${retry}\n`
    writeFileSync(declarationFile(folder, name), text)
  }
}

/** Removes what `writeDeclarations` has written. The workers pause the pipelines, and their tables stay. */
export function removeDeclarations(folder: string): void {
  for (const name of pipelines) rmSync(declarationFile(folder, name), { force: true })
  rmSync(handlerFile(folder), { force: true })
}

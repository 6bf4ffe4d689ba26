import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { connectionOf } from '../../../services/adapters/postgres/driver/connection-config.ts'
import type { PostgresSettings } from '../../../services/adapters/postgres/driver/settings.ts'
import { from as copyFrom } from 'pg-copy-streams'
import { readOrder } from './read-order.ts'

// The limit line of `small-files`: a loop that lists a folder, and reads, copies and moves each file. It has no
// checks of the lines, no tasks, and no protection against a crash between its steps.

export type BareFilesOrder = {
  readonly postgres: PostgresSettings
  /** The table for the rows, in the schema data. */
  readonly table: string
  readonly inbox: string
  readonly archive: string
}

/** The printed result. */
export type BareFilesRun = {
  readonly files: number
  readonly seconds: number
  readonly cpuSeconds: number
}

const { postgres, table, inbox, archive } = readOrder() as BareFilesOrder
const copy = `COPY data.${pg.escapeIdentifier(table)} FROM STDIN (FORMAT csv, HEADER true)`

const client = new pg.Client(connectionOf(postgres))
await client.connect()

async function load(name: string): Promise<void> {
  const content = await readFile(join(inbox, name))
  const stream = client.query(copyFrom(copy))
  await new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve).once('error', reject).end(content)
  })
  await rename(join(inbox, name), join(archive, name))
}

const since = performance.now()
const cpuBefore = process.cpuUsage()
const names = (await readdir(inbox)).sort()
for (const name of names) await load(name)
const seconds = (performance.now() - since) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const run: BareFilesRun = { files: names.length, seconds, cpuSeconds: (user + system) / 1e6 }
process.stdout.write(JSON.stringify(run))
await client.end()

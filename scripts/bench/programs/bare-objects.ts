import pg from 'pg'
import { connectionOf } from '../../../services/adapters/postgres/driver/connection-config.ts'
import type { PostgresSettings } from '../../../services/adapters/postgres/driver/settings.ts'
import { from as copyFrom } from 'pg-copy-streams'
import type { S3Settings } from '../../../services/adapters/objects/s3-client.ts'
import type { StoredObject } from '../../../services/adapters/objects/object-store.ts'
import { S3Store } from '../../../services/adapters/objects/s3-store.ts'
import type { BareFilesRun } from './bare-files.ts'
import { readOrder } from './read-order.ts'

// The limit line of `small-files-s3`: like `bare-files`, in a bucket of an S3 server, one object after the other.

export type BareObjectsOrder = {
  readonly postgres: PostgresSettings
  readonly bucket: Omit<S3Settings, 'endpoint'> & { readonly endpoint: string }
  /** The table for the rows, in the schema data. */
  readonly table: string
  readonly inbox: string
  readonly archive: string
}

const { postgres, bucket, table, inbox, archive } = readOrder() as BareObjectsOrder
const copy = `COPY data.${pg.escapeIdentifier(table)} FROM STDIN (FORMAT csv, HEADER true)`

const store = new S3Store({ ...bucket, endpoint: new URL(bucket.endpoint) })
const client = new pg.Client(connectionOf(postgres))
await client.connect()

async function load(object: StoredObject): Promise<void> {
  const content = await store.readWhole(object)
  if (content === undefined) throw new Error(`${object.key} was replaced meanwhile`)
  const stream = client.query(copyFrom(copy))
  await new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve).once('error', reject).end(content)
  })
  await store.move(object, `${archive}${object.key.slice(inbox.length)}`)
}

const since = performance.now()
const cpuBefore = process.cpuUsage()
const found: StoredObject[] = []
for await (const listed of store.list(inbox))
  if (listed.kind === 'object') found.push(listed.object)
for (const object of found) await load(object)
const seconds = (performance.now() - since) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const run: BareFilesRun = { files: found.length, seconds, cpuSeconds: (user + system) / 1e6 }
process.stdout.write(JSON.stringify(run))
await client.end()

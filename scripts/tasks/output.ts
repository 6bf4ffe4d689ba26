import { once } from 'node:events'
import { InputError, UserError } from '../../infra/checks/user-error.ts'
import { openBucket } from '../../services/adapters/objects/bucket-settings.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import { readObject } from '../../services/adapters/objects/read-object.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import type { FoundOutput } from '../../services/adapters/postgres/outputs/output-store.ts'
import { findOutput } from '../../services/adapters/postgres/outputs/output-store.ts'
import { toManifestLine } from '../../services/ledger/task-output.ts'
import { chooseTable, toCsv } from '../../services/pipelines/tasks/output-csv.ts'
import { print } from '../cli/output.ts'
import type { TasksRequest } from './request.ts'

type OutputRequest = Extract<TasksRequest, { kind: 'output' }>

/** `npm run tasks -- output`: where the result of a task is in the bucket, or its rows as CSV. @returns the exit code */
export async function showOutput(
  pool: Pool,
  bucket: BucketSettings | undefined,
  { id, csv, table, json }: OutputRequest,
): Promise<number> {
  const found = await findOutput(pool, id)
  if (found === undefined)
    throw new InputError(
      `The task ${id} has made no object in the bucket: it does not exist, is not complete, or its pipeline has no to.objects. npm run tasks -- show ${id} shows the task.`,
    )
  if (csv) await printCsv(bucket, found, table)
  else print(json ? toManifestLine(found).trimEnd() : describe(found))
  return 0
}

function describe({ key, rows, bytes, sha256, tables, storedAt }: FoundOutput): string {
  return [
    `object   ${key}`,
    `rows     ${rows}`,
    `bytes    ${bytes}`,
    `sha256   ${sha256}`,
    ...tables.map(
      (table) =>
        `table    ${table.name}: ${table.rows} ${table.rows === 1 ? 'row' : 'rows'}${table.refresh ? ', which replace the earlier ones' : ''}`,
    ),
    `stored   ${storedAt?.toISOString() ?? 'not yet: it waits for the bucket'}`,
  ].join('\n')
}

async function printCsv(
  bucket: BucketSettings | undefined,
  { task, key, tables, storedAt }: FoundOutput,
  name: string | undefined,
): Promise<void> {
  const chosen = chooseTable(tables, name)
  if (!chosen.ok)
    throw new InputError(
      `${chosen.reason} Run npm run tasks -- output ${task} --as-csv --table NAME.`,
    )
  if (bucket === undefined)
    throw new UserError(
      'This platform has no bucket. Start it with files.enabled, for example npm start -- --set files.enabled=true.',
    )
  if (storedAt === null)
    throw new UserError(`The result of the task ${task} is not in the bucket yet. Try again later.`)
  const content = await openObject(bucket, key)
  if (content === undefined) throw new UserError(`The object ${key} was removed from the bucket.`)
  for await (const text of toCsv(content, chosen.table))
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

async function openObject(bucket: BucketSettings, key: string) {
  try {
    return await readObject(openBucket(bucket), key)
  } catch (error) {
    throw new UserError(`The bucket cannot be read: ${(error as Error).message}`)
  }
}

import type pg from 'pg'
import { sqlStatement } from '../sql-file.ts'
import type { LoadedFile } from './file-store.ts'

/** The content of a file of a pipeline. */
export type Content = {
  readonly pipeline: string
  /** The file itself. */
  readonly file: number
  readonly size: number
}

type Client = pg.Pool | pg.PoolClient

/** Whether the pipeline has loaded another file of this size. If not, the content is new. */
export async function mayBeLoaded(client: Client, content: Content): Promise<boolean> {
  const { pipeline, size, file } = content
  const { rows } = await client.query<{ found: boolean }>(sqlStatement('has-size'), [
    pipeline,
    size,
    file,
  ])
  return rows[0]?.found === true
}

/** The path of another file of the pipeline with the same content that was loaded. */
export async function findLoaded(
  client: Client,
  { pipeline, size, file }: Content,
  sha256: Buffer,
): Promise<string | undefined> {
  const { rows } = await client.query<{ key: string }>(sqlStatement('find-content'), [
    pipeline,
    size,
    sha256,
    file,
  ])
  return rows[0]?.key
}

/** Waits for transactions that load the same content. Later ones wait until the end of this transaction. */
export async function lockContent(
  client: pg.PoolClient,
  pipeline: string,
  sha256: Buffer,
): Promise<void> {
  await client.query(sqlStatement('lock-content'), [pipeline, sha256])
}

/** Records the content of a loaded file, in the transaction that settles its task. */
export async function recordLoaded(
  client: pg.PoolClient,
  file: number,
  { sha256, lines, rejected, detail }: LoadedFile,
): Promise<void> {
  await client.query(sqlStatement('record-loaded'), [file, sha256, lines, rejected, detail])
}

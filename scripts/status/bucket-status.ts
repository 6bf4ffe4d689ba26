import { UserError } from '../../infra/checks/user-error.ts'
import { objectsAddress, usesOwnServer, webPath } from '../../infra/topology/roles/objects.ts'
import { sleep } from '../../services/runtime/retry.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import { openBucket } from '../../services/adapters/objects/bucket-settings.ts'
import { FileReader } from '../../services/adapters/postgres/files/file-reader.ts'
import type { FileState } from '../../services/ledger/tasks/task.ts'
import type { ObjectStore } from '../../services/adapters/objects/object-store.ts'
import type { RunningPlatform } from '../targets/target.ts'

/** The bucket of the files. @member fault why it cannot be read; null if it can */
export type BucketStatus = {
  readonly address: string
  readonly fault: string | null
  /** Files by state; null if the database cannot be read. */
  readonly files: Readonly<Record<FileState, number>> | null
  /** The S3 server of the platform; null if the bucket is elsewhere, or if the server does not run. */
  readonly server: BucketServer | null
}

/** How a user logs in at the web page of the S3 server. */
type BucketServer = {
  readonly webPage: string
  readonly accessKey: string
  readonly secretKey: string
}

/** After this time the bucket counts as not readable. */
const timeoutMs = 5_000

/** Null if no files are loaded. */
export async function readBucket(platform: RunningPlatform): Promise<BucketStatus | null> {
  const settings = await settingsOf(platform)
  if (settings === undefined) return null
  if ('fault' in settings) return { ...settings, files: await countFiles(platform), server: null }
  const store = openBucket(settings)
  const [fault, files] = await Promise.all([faultOf(store), countFiles(platform)])
  return { address: store.address, fault, files, server: serverOf(platform, settings) }
}

/** Returns a fault instead of settings if the S3 server of the platform does not run. */
async function settingsOf({ bucket, config }: RunningPlatform) {
  try {
    return await bucket()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { address: `${objectsAddress(config)}/${config.objects.bucket}`, fault: error.message }
  }
}

function serverOf({ unit, config }: RunningPlatform, settings: BucketSettings) {
  if (unit !== 'container' || !usesOwnServer(config) || settings.kind === 'folder') return null
  const { accessKey, secretKey } = settings
  return { webPage: `${objectsAddress(config)}${webPath}/`, accessKey, secretKey }
}

async function countFiles(platform: RunningPlatform): Promise<BucketStatus['files']> {
  const pool = await platform.pool()
  try {
    const counts = await new FileReader(pool).counts()
    const sum = (state: FileState): number =>
      counts.filter((each) => each.state === state).reduce((all, { count }) => all + count, 0)
    const [unmatched, queued, running] = [sum('unmatched'), sum('queued'), sum('running')]
    const [complete, failed, canceled] = [sum('complete'), sum('failed'), sum('canceled')]
    return { unmatched, queued, running, complete, failed, canceled }
  } catch {
    // The status of the database says so.
    return null
  } finally {
    await pool.end()
  }
}

async function faultOf(store: ObjectStore): Promise<string | null> {
  const end = new AbortController()
  const silence = sleep(timeoutMs, end.signal).then(
    () => `It has not responded for ${timeoutMs / 1_000} s.`,
  )
  try {
    return await Promise.race([silence, store.find('.status').then(() => null)])
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error)
  } finally {
    end.abort()
  }
}

import { sleep } from '../../services/runtime/retry.ts'
import { openBucket } from '../../services/adapters/objects/bucket-settings.ts'
import type { ObjectStore } from '../../services/adapters/objects/object-store.ts'
import type { RunningPlatform } from '../platform/running-platform.ts'

/** The bucket of the files. @member fault why it cannot be read; null if it can */
export type BucketStatus = { readonly address: string; readonly fault: string | null }

/** After this time the bucket counts as not readable. */
const timeoutMs = 5_000

/** Null if no files are loaded. */
export async function readBucket(platform: RunningPlatform): Promise<BucketStatus | null> {
  const settings = platform.bucket()
  if (settings === undefined) return null
  const store = openBucket(settings)
  return { address: store.address, fault: await faultOf(store) }
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

import { basename } from 'node:path'
import type { EnvironmentReader } from '../../runtime/env.ts'
import { FolderStore } from './folder-store.ts'
import type { ObjectStore } from './object-store.ts'
import type { S3Settings } from './s3-client.ts'
import { S3Store } from './s3-store.ts'

/** Where the bucket is: a folder of this machine, or a bucket of an S3 server. */
export type BucketSettings =
  { readonly kind: 'folder'; readonly folder: string } | ({ readonly kind: 's3' } & S3Settings)

/** Opens the bucket. It connects to a server with the first request. */
export function openBucket(settings: BucketSettings): ObjectStore {
  return settings.kind === 'folder' ? new FolderStore(settings.folder) : new S3Store(settings)
}

/** The name of the bucket. */
export function bucketName(settings: BucketSettings): string {
  return settings.kind === 'folder' ? basename(settings.folder) : settings.bucket
}

/** The bucket, from `FILES_FOLDER` or `S3_*`; undefined if no files are loaded. */
export function readBucketEnv(env: EnvironmentReader): BucketSettings | undefined {
  const folder = env.optionalText('FILES_FOLDER')
  if (folder !== undefined) return { kind: 'folder', folder }
  if (env.optionalText('S3_ENDPOINT') === undefined) return undefined
  const expected = 'the URL of an S3 server, without a path'
  const endpoint = env.text('S3_ENDPOINT', expected)
  env.expect(URL.canParse(endpoint), 'S3_ENDPOINT', expected)
  return {
    kind: 's3',
    endpoint: new URL(URL.canParse(endpoint) ? endpoint : 'http://localhost'),
    region: env.text('S3_REGION', 'the region of the bucket'),
    bucket: env.text('S3_BUCKET', 'the name of the bucket'),
    accessKey: env.fileContent('S3_ACCESS_KEY_FILE', 'a file with the access key of the bucket'),
    secretKey: env.fileContent('S3_SECRET_KEY_FILE', 'a file with the secret key of the bucket'),
  }
}

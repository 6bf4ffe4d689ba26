import { resolve } from 'node:path'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import type { PlatformConfig } from '../../infra/config/config-schema.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import { root } from './paths.ts'

/**
 * The bucket of a platform, as its machine reaches it; undefined if no files are loaded.
 *
 * @param folder the bucket, if no S3 server is configured
 * @throws InputError if a file with a key cannot be read
 */
export function bucketOfPlatform(
  { files, objects }: PlatformConfig,
  folder: string | undefined,
): BucketSettings | undefined {
  if (!files.enabled) return undefined
  const { endpoint, region, bucket, accessKeyFile, secretKeyFile } = objects
  if (endpoint === '') return folder === undefined ? undefined : { kind: 'folder', folder }
  return {
    ...{ kind: 's3', endpoint: new URL(endpoint), region, bucket, isOurs: false },
    accessKey: readTokenFile(resolve(root, accessKeyFile)),
    secretKey: readTokenFile(resolve(root, secretKeyFile)),
  }
}

import { resolve } from 'node:path'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import type { PlatformConfig } from '../../infra/config/config-schema.ts'
import { bucketKey } from '../../infra/docker/engine/running.ts'
import { objectsAddress, usesOwnServer } from '../../infra/topology/roles/objects.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import { root } from './paths.ts'

/**
 * The bucket of a platform on this machine; undefined if no files are loaded.
 *
 * @param folder the bucket, if no S3 server is configured
 * @throws InputError if a file with a key cannot be read
 */
export function bucketOfPlatform(
  config: PlatformConfig,
  folder: string,
): BucketSettings | undefined {
  return usesOwnServer(config) ? { kind: 'folder', folder } : configuredBucket(config)
}

/**
 * The bucket of a platform on Docker, with the address for this machine; undefined if no files are loaded.
 *
 * @throws InputError like `bucketOfPlatform`; UserError if the S3 server of the platform does not run
 */
export function bucketOnDocker(config: PlatformConfig): BucketSettings | undefined {
  if (!usesOwnServer(config)) return configuredBucket(config)
  const { region, bucket } = config.objects
  return {
    ...{ kind: 's3', endpoint: new URL(objectsAddress(config)), region, bucket },
    accessKey: bucketKey(config, 's3-access-key'),
    secretKey: bucketKey(config, 's3-secret-key'),
  }
}

/** A bucket that the user runs; undefined if no files are loaded. */
export function configuredBucket({ files, objects }: PlatformConfig): BucketSettings | undefined {
  if (!files.enabled) return undefined
  const { endpoint, region, bucket, accessKeyFile, secretKeyFile } = objects
  return {
    ...{ kind: 's3', endpoint: new URL(endpoint), region, bucket },
    accessKey: readTokenFile(resolve(root, accessKeyFile)),
    secretKey: readTokenFile(resolve(root, secretKeyFile)),
  }
}

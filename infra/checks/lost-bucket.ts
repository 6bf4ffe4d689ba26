import type { PlatformConfig } from '../config/config-schema.ts'
import { objects, usesOwnServer } from '../topology/roles/objects.ts'

/** The data of a platform, in the engine. */
type ExistingData = {
  /** Names of the services whose data exists, e.g. `objects-0`. Other roles may be among them. */
  readonly names: readonly string[]
  /** The full name of the container and of the volume of a service. */
  readonly fullName: (name: string) => string
}

/** Refuses to remove the S3 server of a platform: the files in its bucket would be deleted with it. */
export function lostBucketFaults(
  config: PlatformConfig,
  { names, fullName }: ExistingData,
): string[] {
  const name = `${objects.name}-0`
  if (usesOwnServer(config) || !names.includes(name)) return []
  const [reason, remedy] = config.files.enabled
    ? ['objects.endpoint names another server', 'Remove objects.endpoint']
    : ['files.enabled is false', 'Set files.enabled to true']
  const volume = fullName(name)
  return [
    `The platform ${config.network.name} has a bucket with files (volume ${volume}), but ${reason}, which would delete them. ${remedy}. To delete the files: docker rm --force ${volume}; docker volume rm ${volume}`,
  ]
}

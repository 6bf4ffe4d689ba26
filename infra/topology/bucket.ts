import type { PlatformConfig } from '../config/config-schema.ts'
import type { Env } from './environment.ts'
import { userFileEnv } from './environment.ts'
import type { PlanContext, RoleUserFile } from './role-file.ts'

/** The bucket of the files, for services that read or write it. */

/** The keys of the S3 server that the user names. */
export function bucketKeys({ files, objects }: PlatformConfig): RoleUserFile[] {
  if (!files.enabled) return []
  return [keyFile('access', objects.accessKeyFile), keyFile('secret', objects.secretKeyFile)]
}

function keyFile(kind: 'access' | 'secret', path: string): RoleUserFile {
  return {
    ...{ name: `s3-${kind}-key`, path, kind: 'secret', key: `objects.${kind}KeyFile` },
    format: 'key',
  }
}

/** The variables with the bucket; none if no files are loaded. */
export function bucketEnv(context: PlanContext): Env {
  const { config, placement } = context
  const { endpoint, region, bucket, accessKeyFile, secretKeyFile } = config.objects
  if (!config.files.enabled) return {}
  if (endpoint !== '') {
    return {
      ...{ S3_ENDPOINT: endpoint, S3_REGION: region, S3_BUCKET: bucket, S3_IS_OURS: 'false' },
      ...userFileEnv('S3_ACCESS_KEY_FILE', keyFile('access', accessKeyFile), context),
      ...userFileEnv('S3_SECRET_KEY_FILE', keyFile('secret', secretKeyFile), context),
    }
  }
  const folder = placement.bucketFolder(bucket)
  return folder === undefined ? {} : { FILES_FOLDER: folder }
}

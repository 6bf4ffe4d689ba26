import type { Address } from './addresses.ts'
import { addressText, listensOnLoopback } from './addresses.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { PlanContext, ReadyCheck, RoleUserFile } from './role-file.ts'

/** Environment variables that several of our services share. */

export type Env = Record<string, string>

export function commonEnv({ config }: PlanContext): Env {
  return { LOG_LEVEL: config.services.logLevel }
}

/** The limit of the services that clients reach without an ingress before them. */
export function connectionsEnv({ config }: PlanContext): Env {
  return { MAX_CONNECTIONS_PER_CLIENT: String(config.services.maxConnectionsPerClient) }
}

export function retentionEnv({ config }: PlanContext): Env {
  return { RETENTION_DAYS: String(config.postgres.retentionDays) }
}

export function listenEnv(prefix: string, { host, port }: Address): Env {
  return { [`${prefix}_HOST`]: host, [`${prefix}_PORT`]: String(port) }
}

export function originEnv(prefix: string, { config }: PlanContext): Env {
  const { latitude, longitude, altitude } = config.fleet.origin
  return {
    [`${prefix}_LATITUDE`]: String(latitude),
    [`${prefix}_LONGITUDE`]: String(longitude),
    [`${prefix}_ALTITUDE`]: String(altitude),
  }
}

type UnknownPolicy = 'refuse' | 'ask' | 'accept' | 'ask-if-new'

/**
 * What happens to readings of vehicles without a device. `ask-if-new`: `accept` if the platform had readings before
 * it had devices, otherwise `ask`. The producer reads in the registry of devices which of them it is.
 */
export function unknownPolicyOf({ devices, ingress }: PlatformConfig): UnknownPolicy {
  const { unknown } = devices
  if (unknown !== '') return unknown
  return listensOnLoopback(ingress) ? 'accept' : 'ask-if-new'
}

/** The bearer token that POST must send. */
export function eventsToken({ ingress }: PlatformConfig): RoleUserFile {
  return {
    name: 'token',
    path: ingress.tokenFile,
    kind: 'secret',
    key: 'ingress.tokenFile',
    format: 'token',
  }
}

/** The variable with the token for readings: that of the user, otherwise that of the platform. */
export function reportingTokenEnv(name: string, context: PlanContext): Env {
  const file = eventsToken(context.config)
  const isGiven = file.path !== ''
  return isGiven
    ? userFileEnv(name, file, context)
    : { [name]: context.placement.secretFile('gateway') }
}

/** The variable that names a user's file; absent if the user gives none. */
export function userFileEnv(name: string, file: RoleUserFile, { placement }: PlanContext): Env {
  return file.path === '' ? {} : { [name]: placement.userFile(file) }
}

/** The variable that names the file with the roads; absent if there is none. */
export function roadsEnv(name: string, file: string | undefined): Env {
  return file === undefined ? {} : { [name]: file }
}

/** Checks at the port of health and metrics. */
export function answersOnOps(
  role: string,
  instance: number,
  { placement }: PlanContext,
): ReadyCheck {
  const address = placement.reach(role, instance, 'ops')
  return { kind: 'http', address, path: '/readyz', alivePath: '/healthz' }
}

/** The keys of the S3 server: files of the user, or random keys for the server of the platform. */
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
  const folder = placement.bucketFolder(bucket)
  if (endpoint === '' && folder !== undefined) return { FILES_FOLDER: folder }
  return {
    S3_ENDPOINT:
      endpoint === '' ? `http://${addressText(placement.reach('objects', 0, 'main'))}` : endpoint,
    ...{ S3_REGION: region, S3_BUCKET: bucket },
    S3_ACCESS_KEY_FILE: placement.userFile(keyFile('access', accessKeyFile)),
    S3_SECRET_KEY_FILE: placement.userFile(keyFile('secret', secretKeyFile)),
  }
}

/** Whether the status of files is copied to ClickHouse. */
export const copiesFileStatus = ({ files, clickhouse }: PlatformConfig): boolean =>
  files.enabled && clickhouse.url !== ''

/** The password of the user of ClickHouse. */
export function clickHousePassword({ clickhouse }: PlatformConfig): RoleUserFile {
  return {
    name: 'clickhouse-token',
    path: clickhouse.passwordFile,
    kind: 'secret',
    key: 'clickhouse.passwordFile',
    format: 'token',
  }
}

/** The variables with the ClickHouse server; none if nothing is copied to it. */
export function clickHouseEnv(context: PlanContext): Env {
  const { config } = context
  if (!copiesFileStatus(config)) return {}
  return {
    CLICKHOUSE_URL: config.clickhouse.url,
    CLICKHOUSE_USER: config.clickhouse.user,
    ...userFileEnv('CLICKHOUSE_PASSWORD_FILE', clickHousePassword(config), context),
  }
}

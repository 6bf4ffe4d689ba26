import type { PlatformConfig } from '../../config/config-schema.ts'
import type { Address } from '../addresses.ts'
import type { Env } from '../environment.ts'
import { databaseOwner } from '../logins/database-owner.ts'
import type { SecretName } from '../placement.ts'
import type { PlanContext, RoleUserFile } from '../role-file.ts'

/** The roles of the database, by the names of their passwords. */
export type DatabaseRole = Extract<
  SecretName,
  'owner' | 'writer' | 'worker' | 'operator' | 'reader'
>

/** Whether the database is on a server that the user runs. */
export function usesExternalPostgres({ postgres }: PlatformConfig): boolean {
  return postgres.external.host !== ''
}

/** The address of the server that the user runs. */
export function externalAddress({ postgres }: PlatformConfig): Address {
  const { host, port } = postgres.external
  return { host, port }
}

/** The name of the database with the readings. */
export function databaseName({ postgres }: PlatformConfig): string {
  const { host, database } = postgres.external
  return host === '' || database === '' ? postgres.database : database
}

/** The role that owns the database. */
export function ownerOf(config: PlatformConfig): string {
  return usesExternalPostgres(config) ? config.postgres.external.user : databaseOwner
}

/** The user's file with the password of a role; undefined if the platform makes the password. */
export function passwordFileOf(
  { postgres: { external } }: PlatformConfig,
  role: SecretName,
): RoleUserFile | undefined {
  if (external.host === '') return undefined
  if (role === 'owner') return passwordFile(role, external.passwordFile, 'passwordFile')
  if (!external.roles.given || !isDatabaseRole(role)) return undefined
  const key = `${role}PasswordFile` as const
  return passwordFile(role, external.roles[key], `roles.${key}`)
}

const isDatabaseRole = (name: SecretName): name is Exclude<DatabaseRole, 'owner'> =>
  ['writer', 'worker', 'operator', 'reader'].includes(name)

function passwordFile(role: DatabaseRole, path: string, key: string): RoleUserFile {
  return {
    ...{ name: `postgres-${role}-key`, path, kind: 'secret' },
    ...{ key: `postgres.external.${key}`, format: 'key' },
  }
}

/** The certificate authorities of the server; the path is empty if the public ones are trusted. */
function authorityFileOf({ postgres: { external } }: PlatformConfig): RoleUserFile {
  return {
    ...{ name: 'postgres-authority-key', path: external.tls.authorityFile, kind: 'secret' },
    ...{ key: 'postgres.external.tls.authorityFile', format: 'authorities' },
  }
}

/** The user's files that a service reads to log in as these roles; none for a server of the platform. */
export function databaseFiles(
  config: PlatformConfig,
  roles: readonly DatabaseRole[],
): RoleUserFile[] {
  if (!usesExternalPostgres(config)) return []
  const passwords = roles.flatMap((role) => passwordFileOf(config, role) ?? [])
  return [...passwords, authorityFileOf(config)].filter(({ path }) => path !== '')
}

/** Path of the file with the password of a role, in the service. */
export function databasePassword(role: DatabaseRole, { config, placement }: PlanContext): string {
  const file = passwordFileOf(config, role)
  return file === undefined ? placement.secretFile(role) : placement.userFile(file)
}

/** The variables for TLS; none for a server of the platform. */
export function databaseTlsEnv({ config, placement }: PlanContext): Env {
  if (!usesExternalPostgres(config)) return {}
  const file = authorityFileOf(config)
  return {
    POSTGRES_TLS_MODE: config.postgres.external.tls.mode,
    // Also if services reach the server through a proxy.
    POSTGRES_SERVER_NAME: config.postgres.external.host,
    ...(file.path !== '' && { POSTGRES_AUTHORITY_FILE: placement.userFile(file) }),
  }
}

/** The variables for provisioning; none for a server of the platform. */
export function databaseOwnerEnv({ config }: PlanContext): Env {
  if (!usesExternalPostgres(config)) return {}
  const { user, roles } = config.postgres.external
  return { POSTGRES_USER: user, POSTGRES_ROLES_GIVEN: String(roles.given) }
}

/**
 * The server and the database as a connection string of libpq, without the password.
 *
 * @param authority path of the file with the authorities, where the program runs; undefined: it has no such file
 */
export function connectionText(config: PlatformConfig, authority: string | undefined): string {
  const { host, port, user, tls } = config.postgres.external
  const server = `host=${host} port=${port} user=${user} dbname=${databaseName(config)}`
  if (!tls.mode.startsWith('verify-')) return `${server} sslmode=${tls.mode}`
  if (authority !== undefined) return `${server} sslmode=${tls.mode} sslrootcert='${authority}'`
  // `system` allows only verify-full.
  const isPublic = tls.authorityFile === '' && tls.mode === 'verify-full'
  return isPublic ? `${server} sslmode=verify-full sslrootcert=system` : `${server} sslmode=require`
}

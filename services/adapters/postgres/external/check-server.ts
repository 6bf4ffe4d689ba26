import pg from 'pg'
import { newClient } from '../driver/external-client.ts'
import type { RolePasswords } from '../driver/migrate.ts'
import type { PostgresSettings } from '../driver/settings.ts'
import { roles } from '../driver/settings.ts'
import type { ServerFinding } from './needed-rights.ts'
import { ownershipFinding, rightsOf, roleRightsOf, versionFinding } from './needed-rights.ts'
import { exampleOptions, hasExampleOptions, sharesSessions } from './pooler.ts'
import type { Durability, RoleFacts } from './server-facts.ts'
import { readOwnership, readRoles, readServerFacts, readVersion } from './server-facts.ts'

export type ServerCheck = {
  readonly findings: readonly ServerFinding[]
  /** Undefined if the server is too old or does not let the owner in. */
  readonly durability: Durability | undefined
}

type Wanted = {
  /** The login of the owner of the database. */
  readonly postgres: PostgresSettings
  /** The passwords of roles that an administrator has made; undefined if the platform makes the roles. */
  readonly givenPasswords: RolePasswords | undefined
}

const connectTimeoutMs = 5_000
const queryTimeoutMs = 10_000

/** A pooler with one connection for all sessions lets the second one wait. */
const onlyOneConnection = 'query_wait_timeout'

/**
 * Asks a server of the user for everything that the platform needs. Changes nothing.
 *
 * @throws an error of the connection that says nothing about rights, e.g. if the server does not answer
 */
export async function checkServer(wanted: Wanted): Promise<ServerCheck> {
  const { postgres, givenPasswords } = wanted
  const login = await open(postgres).catch((error: unknown) => refusal(postgres, error))
  if (!(login instanceof Session))
    return { findings: [login, ...(await rightsOutside(wanted))], durability: undefined }
  await using owner = login
  const version = versionFinding(await readVersion(owner.client))
  if (!version.isAllowed) return { findings: [version], durability: undefined }
  await using other = await open(postgres)
  const facts = await readServerFacts(owner.client)
  const present = await readRoles(owner.client)
  const rights = rightsOf(facts, present, { rolesAreGiven: givenPasswords !== undefined })
  const sessions = [await poolerFinding(owner, other), await optionsFinding(postgres)]
  // A pooler lets a login wait that the server refuses, for example because it may not enter the database yet.
  const isDirect = sessions.every(({ isAllowed }) => isAllowed)
  const logins = isDirect ? await checkLogins(wanted, present) : []
  return { findings: [version, ...sessions, ...rights, ...logins], durability: facts.durability }
}

/** A database that every server has. */
const maintenanceDatabase = 'postgres'

/**
 * What can be asked while the owner may not enter its database, so that one run names everything that is missing.
 * Nothing if the owner may not enter the other one either.
 */
async function rightsOutside(wanted: Wanted): Promise<ServerFinding[]> {
  const { postgres, givenPasswords } = wanted
  const outside = { ...postgres, database: maintenanceDatabase }
  const login = await open(outside).catch(() => undefined)
  if (login === undefined) return []
  await using session = login
  const version = versionFinding(await readVersion(session.client))
  if (!version.isAllowed) return [version]
  const facts = { ...(await readServerFacts(session.client)), database: postgres.database }
  const present = await readRoles(session.client)
  const ownsDatabase = await readOwnership(session.client, postgres.database)
  return [
    version,
    ...(ownsDatabase === undefined ? [] : [ownershipFinding({ ...facts, ownsDatabase })]),
    ...roleRightsOf(facts, present, { rolesAreGiven: givenPasswords !== undefined }),
    ...(await checkLogins(wanted, present)),
  ]
}

/** A connection that ends with its scope. */
class Session implements AsyncDisposable {
  readonly client: pg.Client
  constructor(client: pg.Client) {
    this.client = client
    // Its query rejects too.
    client.on('error', () => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.end().catch(() => undefined)
  }
}

/** @param options settings of the server for this connection, in the format of the command line */
async function open(settings: PostgresSettings, options?: string): Promise<Session> {
  const session = new Session(
    newClient(settings, {
      application_name: 'av-telemetry check',
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: queryTimeoutMs,
      ...(options !== undefined && { options }),
    }),
  )
  await session.client.connect()
  return session
}

async function poolerFinding(first: Session, second: Session): Promise<ServerFinding> {
  const right = 'sessions that keep their connection'
  const isShared = await sharesSessions(first.client, second.client).catch((error: unknown) => {
    if (isAboutPooler(error)) return true
    throw error
  })
  if (!isShared) return { right, isAllowed: true }
  return {
    ...{ right, isAllowed: false },
    remedy:
      'A connection pooler gives each transaction another connection (like PgBouncer with pool_mode = transaction). Locks, notifications and temporary tables of the platform would be lost. Use the address of the server.',
  }
}

/** Services open connections with timeouts, and workers give handlers connections that cannot write. */
async function optionsFinding(postgres: PostgresSettings): Promise<ServerFinding> {
  const right = 'settings of a connection (the startup parameter options)'
  if (await keepsOptions(postgres)) return { right, isAllowed: true }
  return {
    ...{ right, isAllowed: false },
    remedy:
      'A connection pooler refuses or drops them (like PgBouncer). Timeouts would not apply, and handlers could write. Use the address of the server.',
  }
}

async function keepsOptions(postgres: PostgresSettings): Promise<boolean> {
  try {
    await using session = await open(postgres, exampleOptions)
    return await hasExampleOptions(session.client)
  } catch (error) {
    if (/startup parameter/i.test((error as Error).message)) return false
    throw error
  }
}

/** In statement mode, PgBouncer refuses transactions. */
function isAboutPooler(error: unknown): boolean {
  const { message } = error as Error
  return /statement pooling/i.test(message) || message.includes(onlyOneConnection)
}

/** SQLSTATEs that mean that the login of the owner is refused, and what an administrator can do. */
const refusals: Readonly<
  Record<string, (settings: PostgresSettings) => Pick<ServerFinding, 'right' | 'remedy'>>
> = {
  // invalid_password
  '28P01': ({ user, passwordFile }) => ({
    right: `the login of ${user}`,
    remedy: `The server refuses the password in ${passwordFile ?? 'its file'}. ALTER ROLE ${pg.escapeIdentifier(user)} LOGIN PASSWORD '(the password in its file)';`,
  }),
  // invalid_authorization_specification: no line of pg_hba.conf, or no right to log in
  '28000': ({ user }) => ({
    right: `the login of ${user}`,
    remedy: `ALTER ROLE ${pg.escapeIdentifier(user)} LOGIN; Also, pg_hba.conf must let it in from this machine with this tls.mode.`,
  }),
  // invalid_catalog_name
  '3D000': ({ database, user }) => ({
    right: `the database ${database}`,
    remedy: `CREATE DATABASE ${pg.escapeIdentifier(database)} OWNER ${pg.escapeIdentifier(user)} ENCODING 'UTF8' TEMPLATE template0;`,
  }),
  // insufficient_privilege
  '42501': ({ database, user }) => ({
    right: `connections of ${user} to the database ${database}`,
    remedy: `GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${pg.escapeIdentifier(user)};`,
  }),
}

/** @throws the error if it says nothing about rights */
function refusal(settings: PostgresSettings, error: unknown): ServerFinding {
  const { code, cause = error } = error as { code?: unknown; cause?: unknown }
  const describe = typeof code === 'string' ? refusals[code] : undefined
  if (describe === undefined) throw error
  const { right, remedy = '' } = describe(settings)
  return { right, isAllowed: false, remedy: `${remedy} (${(cause as Error).message})` }
}

/** Whether the given roles log in with the passwords in the files of the user. */
async function checkLogins(
  { postgres, givenPasswords }: Wanted,
  present: readonly RoleFacts[],
): Promise<ServerFinding[]> {
  if (givenPasswords === undefined) return []
  const mayLogIn = present.filter((role) => role.mayLogIn).map(({ name }) => name)
  const { passwordFile: _, ...server } = postgres
  const findings: ServerFinding[] = []
  for (const [role, password] of Object.entries(givenPasswords)) {
    const user = roles[role as keyof RolePasswords]
    if (!mayLogIn.includes(user)) continue
    const right = `the password of ${user}`
    const isAllowed = await logsIn({ ...server, user, password })
    const remedy = `ALTER ROLE ${user} PASSWORD '(the password in its file)';`
    findings.push(isAllowed ? { right, isAllowed } : { right, isAllowed, remedy })
  }
  return findings
}

async function logsIn(settings: PostgresSettings): Promise<boolean> {
  try {
    await using _session = await open(settings)
    return true
  } catch (error) {
    const { code } = error as { code?: unknown }
    // The password is right. Provisioning grants CONNECT, and a missing database is a finding itself.
    if (code === '42501' || code === '3D000') return true
    if (code === '28P01' || code === '28000') return false
    throw error
  }
}

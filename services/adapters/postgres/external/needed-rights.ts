import pg from 'pg'
import { roles } from '../driver/settings.ts'
import type { RoleFacts, ServerFacts } from './server-facts.ts'
import { serviceRoles } from './server-facts.ts'

/** What a server of the user allows, or does not allow. */
export type ServerFinding = {
  /** What the platform needs, e.g. `the role telemetry_writer`. */
  readonly right: string
  readonly isAllowed: boolean
  /** What an administrator would run, or a sentence where no statement helps. Only if it is missing. */
  readonly remedy?: string
}

/** `RETURNING old` and `RETURNING new` exist since this version. */
const neededVersion = 18

/** The version as a finding. Nothing else can be asked of an older server. */
export function versionFinding({
  version,
  versionNumber,
}: Pick<ServerFacts, 'version' | 'versionNumber'>): ServerFinding {
  return finding(
    `Postgres ${neededVersion} or later`,
    versionNumber >= neededVersion * 10_000,
    `The server is Postgres ${version}. Upgrade it, or use another server.`,
  )
}

/** Everything that the platform needs besides the version, whether or not it is allowed. */
export function rightsOf(
  facts: ServerFacts,
  present: readonly RoleFacts[],
  options: RoleOptions,
): ServerFinding[] {
  return [
    ...serverFindings(facts),
    ...databaseFindings(facts),
    ...roleRightsOf(facts, present, options),
  ]
}

type RoleOptions = { readonly rolesAreGiven: boolean }

/** The rights that do not depend on the database. */
export function roleRightsOf(
  facts: Pick<ServerFacts, 'owner' | 'mayCreateRoles'>,
  present: readonly RoleFacts[],
  options: RoleOptions,
): ServerFinding[] {
  return options.rolesAreGiven ? givenRoles(facts, present) : madeRoles(facts, present)
}

function serverFindings({ isStandby, encoding, database }: ServerFacts): ServerFinding[] {
  const owner = pg.escapeIdentifier(database)
  return [
    finding(
      'a server that can be written',
      !isStandby,
      'The server is a standby, which can only be read. Use the address of the primary server.',
    ),
    finding(
      'the encoding UTF8',
      encoding === 'UTF8',
      `The database has the encoding ${encoding}. Make another one: CREATE DATABASE ${owner} ENCODING 'UTF8' TEMPLATE template0;`,
    ),
  ]
}

export function ownershipFinding({
  database,
  owner,
  ownsDatabase,
}: Pick<ServerFacts, 'database' | 'owner' | 'ownsDatabase'>): ServerFinding {
  return finding(
    `ownership of the database ${database}`,
    ownsDatabase,
    `ALTER DATABASE ${quoted(database)} OWNER TO ${quoted(owner)};`,
  )
}

function databaseFindings(facts: ServerFacts): ServerFinding[] {
  return [
    ownershipFinding(facts),
    finding(
      'ownership of the schema public',
      // The owner of the database gets it together with the database.
      facts.ownsSchema || !facts.ownsDatabase,
      'ALTER SCHEMA public OWNER TO pg_database_owner;',
    ),
    finding(
      'no foreign schema data',
      !facts.hasForeignSchema,
      'The database has a schema "data" that the platform has not made. Use another database.',
    ),
  ]
}

/** The platform makes the roles, sets their passwords and becomes a member of two of them. */
function madeRoles(
  { owner, mayCreateRoles }: Pick<ServerFacts, 'owner' | 'mayCreateRoles'>,
  present: readonly RoleFacts[],
): ServerFinding[] {
  const foreign = present.filter(({ mayBeChanged }) => !mayBeChanged)
  return [
    finding(
      'CREATEROLE, to make the roles of the services',
      mayCreateRoles,
      `ALTER ROLE ${quoted(owner)} CREATEROLE; Or make the roles, and set postgres.external.roles.given.`,
    ),
    ...foreign.map(({ name }) =>
      finding(
        `changes of the role ${name}, which exists`,
        false,
        `GRANT ${name} TO ${quoted(owner)} WITH ADMIN OPTION;`,
      ),
    ),
  ]
}

function givenRoles(
  { owner }: Pick<ServerFacts, 'owner'>,
  present: readonly RoleFacts[],
): ServerFinding[] {
  return serviceRoles.flatMap((name) => {
    const role = present.find((each) => each.name === name)
    return [roleFinding(name, role), ...membership(name, owner, role)]
  })
}

/** The role of the steps needs no login. */
function roleFinding(name: string, role: RoleFacts | undefined): ServerFinding {
  if (name === roles.step)
    return finding(`the role ${name}`, role !== undefined, `CREATE ROLE ${name} NOLOGIN;`)
  const login = "LOGIN PASSWORD '(the password in its file)'"
  const remedy = role === undefined ? `CREATE ROLE ${name} ${login};` : `ALTER ROLE ${name} LOGIN;`
  return finding(`the role ${name}, which may log in`, role?.mayLogIn === true, remedy)
}

/** The owner makes objects that belong to these roles. */
const grantedToOwner: readonly string[] = [roles.worker, roles.step]

function membership(name: string, owner: string, role: RoleFacts | undefined): ServerFinding[] {
  if (!grantedToOwner.includes(name)) return []
  return [
    finding(
      `membership of ${owner} in ${name}`,
      role?.isInherited === true && role.mayBeSet,
      `GRANT ${name} TO ${quoted(owner)} WITH INHERIT TRUE, SET TRUE;`,
    ),
  ]
}

/** A role or database in a statement. Names that need no quotes get none, because they read better. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : pg.escapeIdentifier(name)
}

function finding(right: string, isAllowed: boolean, remedy: string): ServerFinding {
  return isAllowed ? { right, isAllowed } : { right, isAllowed, remedy }
}

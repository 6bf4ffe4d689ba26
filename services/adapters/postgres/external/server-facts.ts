import type pg from 'pg'
import { roles } from '../driver/settings.ts'
import { sqlStatement } from '../sql-file.ts'

/** What a server of the user says about itself and about the owner of the database. */
export type ServerFacts = {
  /** E.g. `18.1`. */
  readonly version: string
  readonly versionNumber: number
  readonly encoding: string
  readonly isStandby: boolean
  readonly owner: string
  readonly database: string
  readonly isSuperuser: boolean
  readonly mayCreateRoles: boolean
  readonly ownsDatabase: boolean
  /** Whether the owner may grant rights in the schema `public`. */
  readonly ownsSchema: boolean
  /** Whether a schema `data` exists that the platform has not made. */
  readonly hasForeignSchema: boolean
  readonly durability: Durability
}

/** Settings that decide what the server keeps after a failure. */
export type Durability = {
  readonly fsync: boolean
  readonly fullPageWrites: boolean
  readonly synchronousCommit: string
  readonly synchronousStandbyNames: string
}

/** A role of the services, as the server has it. */
export type RoleFacts = {
  readonly name: string
  readonly mayLogIn: boolean
  /** Whether the owner has the rights of the role. */
  readonly isInherited: boolean
  /** Whether the owner may give objects to the role. */
  readonly mayBeSet: boolean
  /** Whether the owner may change the role and grant it. */
  readonly mayBeChanged: boolean
}

/** The roles that run services, and the role of their SQL steps. */
export const serviceRoles = [
  ...[roles.writer, roles.worker, roles.operator, roles.reader],
  roles.step,
] as const

type FactsRow = {
  readonly version: string
  readonly version_number: number
  readonly encoding: string
  readonly is_standby: boolean
  readonly owner: string
  readonly database: string
  readonly is_superuser: boolean
  readonly may_create_roles: boolean
  readonly owns_database: boolean
  readonly owns_schema: boolean
  readonly has_foreign_schema: boolean
  readonly fsync: boolean
  readonly full_page_writes: boolean
  readonly synchronous_commit: string
  readonly synchronous_standby_names: string
}

/** The version of a server, which decides what else can be asked. */
export async function readVersion(
  client: pg.ClientBase,
): Promise<Pick<ServerFacts, 'version' | 'versionNumber'>> {
  const { rows } = await client.query<{ version: string; number: number }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS number`,
  )
  const [row] = rows
  if (row === undefined) throw new Error('the server has no version')
  return { version: row.version, versionNumber: row.number }
}

/** @param client a connection of the owner to a server of version 16 or later */
export async function readServerFacts(client: pg.ClientBase): Promise<ServerFacts> {
  const { rows } = await client.query<FactsRow>(sqlStatement('server-facts'))
  const [row] = rows
  if (row === undefined) throw new Error('the server says nothing about itself')
  return {
    ...{ version: row.version, versionNumber: row.version_number, encoding: row.encoding },
    ...{ isStandby: row.is_standby, owner: row.owner, database: row.database },
    ...{ isSuperuser: row.is_superuser, mayCreateRoles: row.may_create_roles },
    ...{ ownsDatabase: row.owns_database, ownsSchema: row.owns_schema },
    hasForeignSchema: row.has_foreign_schema,
    durability: {
      ...{ fsync: row.fsync, fullPageWrites: row.full_page_writes },
      synchronousCommit: row.synchronous_commit,
      synchronousStandbyNames: row.synchronous_standby_names,
    },
  }
}

/** Whether a database belongs to the owner; undefined if it does not exist. The connection may be to another one. */
export async function readOwnership(
  client: pg.ClientBase,
  database: string,
): Promise<boolean | undefined> {
  const statement = sqlStatement('owned-database')
  const { rows } = await client.query<{ is_owner: boolean }>(statement, [database])
  return rows[0]?.is_owner
}

/** The roles of the services that exist. */
export async function readRoles(client: pg.ClientBase): Promise<RoleFacts[]> {
  const { rows } = await client.query<{
    readonly name: string
    readonly may_log_in: boolean
    readonly is_inherited: boolean
    readonly may_be_set: boolean
    readonly may_be_changed: boolean
  }>(sqlStatement('given-roles'), [[...serviceRoles]])
  return rows.map((row) => ({
    ...{ name: row.name, mayLogIn: row.may_log_in, isInherited: row.is_inherited },
    ...{ mayBeSet: row.may_be_set, mayBeChanged: row.may_be_changed },
  }))
}

import type { PlatformConfig } from '../config/config-schema.ts'
import { usesExternalPostgres } from '../topology/external/postgres.ts'

/** What a target has of an earlier start of the platform. */
type ExistingData = {
  /** Names of the services whose data exists, e.g. `postgres-0`. Other roles may be among them. */
  readonly names: readonly string[]
  /** Where the data is, as the beginning of a sentence. */
  readonly holder: string
  /** How to continue without the data, as the end of a sentence. */
  readonly startEmpty: string
}

/** The names of the database's data: its folder on this machine, its volume elsewhere. */
const ofDatabase = ['postgres', 'postgres-0']

/** Refuses to use a server of the user in place of a database with readings, unless the user has moved them. */
export function lostDatabaseFaults(
  config: PlatformConfig,
  { names, holder, startEmpty }: ExistingData,
): string[] {
  const hasDatabase = names.some((name) => ofDatabase.includes(name))
  if (!usesExternalPostgres(config) || config.postgres.external.ignoreOwnData || !hasDatabase)
    return []
  return [
    `${holder} has a database of the platform, but postgres.external.host names another server. The rows in it would not be used any more. Move them and set postgres.external.ignoreOwnData to true (docs/external-postgres.md), remove postgres.external.host, or ${startEmpty}.`,
  ]
}

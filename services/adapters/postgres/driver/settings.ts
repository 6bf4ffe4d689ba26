import type { EnvironmentReader } from '../../../runtime/env.ts'

/** The database roles. Their privileges are in the migrations. */
export const roles = {
  /** Owns all objects; used by provisioning. */
  owner: 'av_telemetry',
  /** Used by consumers: adds rows, dead letters and ledger entries. */
  writer: 'telemetry_writer',
  /** Used by workers: creates the tables of declared pipelines and adds their rows. */
  worker: 'telemetry_worker',
  /** The rights of SQL of declared pipelines. It cannot log in. */
  step: 'telemetry_step',
  /** Used by the dashboard for its few changes: pauses and resumes declared pipelines. */
  operator: 'telemetry_operator',
  /** Read only: for receipts and status. */
  reader: 'telemetry_reader',
} as const

export type PostgresSettings = {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly table: string
  readonly user: string
  readonly password: string
}

/**
 * The database connection, from `POSTGRES_*`.
 *
 * @param passwordVariable the variable with the path of the file that contains the password
 */
export function readPostgresEnv(
  env: EnvironmentReader,
  user: string,
  passwordVariable = 'POSTGRES_PASSWORD_FILE',
): PostgresSettings {
  return {
    host: env.text('POSTGRES_HOST', 'the host of Postgres'),
    port: env.positiveInteger('POSTGRES_PORT', 'the port of Postgres'),
    database: env.text('POSTGRES_DATABASE', 'the name of the database'),
    table: env.text('POSTGRES_TABLE', 'the name of the table of readings'),
    user,
    password: env.fileContent(passwordVariable, `a file with the password of ${user}`),
  }
}

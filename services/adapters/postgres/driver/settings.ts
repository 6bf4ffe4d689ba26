import type { EnvironmentReader } from '../../../runtime/env.ts'

/** The roles of the database: who may do what is in the migrations. */
export const roles = {
  /** Owns everything; provisions. */
  owner: 'av_telemetry',
  /** The consumers: add rows, dead letters and ledger entries. */
  writer: 'telemetry_writer',
  /** Receipts and status: read. */
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

/** Where the database is, from `POSTGRES_*`; the password from the file that a variable names. */
export function readPostgresEnv(env: EnvironmentReader, user: string): PostgresSettings {
  return {
    host: env.text('POSTGRES_HOST', 'the host of Postgres'),
    port: env.positiveInteger('POSTGRES_PORT', 'the port of Postgres'),
    database: env.text('POSTGRES_DATABASE', 'the name of the database'),
    table: env.text('POSTGRES_TABLE', 'the name of the table of readings'),
    user,
    password: env.fileContent('POSTGRES_PASSWORD_FILE', `a file with the password of ${user}`),
  }
}

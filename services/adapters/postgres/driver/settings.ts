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

/** How a connection is encrypted, and how the server proves who it is. As `sslmode` of libpq. */
const tlsModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const

export type PostgresTls = {
  readonly mode: (typeof tlsModes)[number]
  /** PEM file with the certificate authorities to trust. Undefined: those that Node trusts. */
  readonly authorityFile?: string
  /** The name in the certificate, if it is not the host that is connected to. */
  readonly serverName?: string
}

export type PostgresSettings = {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly table: string
  readonly user: string
  readonly password: string
  /** If set, each new connection reads the password from this file instead. */
  readonly passwordFile?: string
  /** Undefined for a server of the platform. */
  readonly tls?: PostgresTls
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
  const tls = readTls(env)
  return {
    host: env.text('POSTGRES_HOST', 'the host of Postgres'),
    port: env.positiveInteger('POSTGRES_PORT', 'the port of Postgres'),
    database: env.text('POSTGRES_DATABASE', 'the name of the database'),
    table: env.text('POSTGRES_TABLE', 'the name of the table of readings'),
    user,
    password: env.fileContent(passwordVariable, `a file with the password of ${user}`),
    ...(tls && { tls, passwordFile: env.text(passwordVariable, 'a file') }),
  }
}

/** Only an existing server has `POSTGRES_TLS_MODE`. Its certificates and passwords may change while we run. */
function readTls(env: EnvironmentReader): PostgresTls | undefined {
  const given = env.optionalText('POSTGRES_TLS_MODE')
  const authorityFile = env.optionalText('POSTGRES_AUTHORITY_FILE')
  const serverName = env.optionalText('POSTGRES_SERVER_NAME')
  if (given === undefined) return undefined
  const mode = tlsModes.find((each) => each === given)
  env.expect(mode !== undefined, 'POSTGRES_TLS_MODE', `one of ${tlsModes.join(', ')}`)
  return {
    mode: mode ?? 'verify-full',
    ...(authorityFile !== undefined && { authorityFile }),
    ...(serverName !== undefined && { serverName }),
  }
}

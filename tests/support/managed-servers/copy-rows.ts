import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { postgresSection } from './external-sections.ts'
import type { ManagedPostgres } from './managed-postgres.ts'

/** The steps of "Move a platform to an existing Postgres" in `docs/external-postgres.md`. */

const leastClient = 18
/** The name of the owner in the dump. */
const owner = 'av_telemetry'

/** The end of the title of a test that is skipped. */
export const noPgDump = ` (skipped: there is no pg_dump ${leastClient})`

/** Whether `pg_dump` of the version of the server is on PATH. */
export function canCopyRows(): boolean {
  const version = String(spawnSync('sh', ['-c', 'pg_dump -V']).stdout)
  const [, major = '0'] = /(\d+)\./.exec(version) ?? []
  return Number(major) >= leastClient
}

/** Makes the roles of the services, and an owner with the name that the dump has. @returns its password */
export async function makeRolesToMove(postgres: ManagedPostgres): Promise<string> {
  const password = randomBytes(12).toString('hex')
  await postgres.makeRoles()
  await postgres.asAdministrator(
    `CREATE ROLE ${owner} LOGIN PASSWORD '${password}'; ALTER DATABASE ${postgres.database} OWNER TO ${owner};
     GRANT telemetry_worker, telemetry_step TO ${owner} WITH INHERIT TRUE, SET TRUE`,
    'postgres',
  )
  return password
}

/** The section `postgres.external` after the move. @param password of the owner */
export function movedSection(postgres: ManagedPostgres, folder: string, password: string) {
  const section = postgresSection(postgres, folder, true)
  writeFileSync(section.passwordFile, `${password}\n`)
  return { ...section, database: postgres.database, user: owner, ignoreOwnData: true }
}

/** A Postgres of the platform. */
type Source = {
  readonly hostPort: number
  readonly database: string
  /** Of the owner. */
  readonly password: string
}
type Target = {
  readonly postgres: ManagedPostgres
  /** Of the owner. */
  readonly password: string
  /** For the dump. */
  readonly folder: string
}

/** Copies all rows with the programs of Postgres. */
export function copyRows({ hostPort, database, password }: Source, target: Target): void {
  const from = `-h 127.0.0.1 -p ${hostPort} -U ${owner}`
  run(`pg_dump ${from} -Fc -f moved.dump ${database}`, target, { PGPASSWORD: password })
  run(`pg_restore -l moved.dump | grep -v 'EVENT TRIGGER' > moved.list`, target)
  const grant = 'CREATE ON SCHEMA public'
  run(`psql -qc 'GRANT ${grant} TO telemetry_step'`, target)
  run(`pg_restore -d ${target.postgres.database} -L moved.list moved.dump`, target)
  run(`psql -qc 'REVOKE ${grant} FROM telemetry_step'`, target)
}

function run(line: string, target: Target, source?: { readonly PGPASSWORD: string }): void {
  const { host, port, database, authorityFile } = target.postgres
  const server = { PGHOST: host, PGPORT: String(port), PGUSER: owner, PGDATABASE: database }
  const tls = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: authorityFile }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
    cwd: target.folder,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      ...(source ?? { PGPASSWORD: target.password, ...server, ...tls }),
    },
  })
  expect({ line, status, output: `${stdout}${stderr}` }).to.deep.equal({
    ...{ line, status: 0, output: '' },
  })
}

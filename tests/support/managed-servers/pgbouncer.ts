import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postgresUser } from '../../../infra/local/postgres-files.ts'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { until } from '../until.ts'
import { Authority } from './authority.ts'
import type { ManagedPostgres } from './managed-postgres.ts'
import { ServerProcess } from './server-process.ts'

/** For users without PgBouncer. */
export const noPgBouncer = 'PgBouncer is not installed, so these tests are skipped.'

/** Packages put it into a folder that only root has in PATH. */
const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }

/** Whether the program `pgbouncer` is there. */
export const hasPgBouncer = (): boolean =>
  spawnSync('pgbouncer', ['--version'], { env }).status === 0

/** A PgBouncer in front of a managed Postgres, with TLS. It knows the owner and the roles of the services. */
export class PgBouncer implements AsyncDisposable {
  readonly port: number
  readonly #folder = new TemporaryFolder()
  readonly #authority = new Authority()
  readonly #server: ServerProcess

  private constructor(port: number) {
    this.port = port
    const user = postgresUser()
    const options = { env, ...(user && { uid: user.uid, gid: user.gid }) }
    this.#server = new ServerProcess({ file: 'pgbouncer', args: [this.#file('ini')], options })
  }

  /**
   * Resolves when it answers.
   *
   * @param settings of the section `[pgbouncer]`, for example `pool_mode`
   */
  static async start(
    postgres: ManagedPostgres,
    settings: Readonly<Record<string, string>>,
  ): Promise<PgBouncer> {
    const pooler = new PgBouncer(await freeRun(1))
    try {
      pooler.#write(postgres, settings)
      pooler.#server.start()
      const address = { ...postgres.addressFor(postgres.owner), port: pooler.port }
      const ssl = { ca: pooler.#authority.cert }
      const answers = () => postgres.run('SELECT 1', { ...address, ssl }).then(Boolean)
      await until(() => `PgBouncer answers; its output is:\n${pooler.#server.output}`, answers, 20)
    } catch (error) {
      await pooler[Symbol.asyncDispose]()
      throw error
    }
    return pooler
  }

  /** The certificate of the authority that clients must trust. */
  get authorityFile(): string {
    return this.#authority.certFile
  }

  #file(name: string): string {
    return join(this.#folder.path, `pgbouncer.${name}`)
  }

  #write(postgres: ManagedPostgres, settings: Readonly<Record<string, string>>): void {
    // PgBouncer does not run as root, and must pass through the folder.
    chmodSync(this.#folder.path, 0o755)
    const { cert, key } = this.#authority.issue()
    const files = { crt: cert, key, users: usersOf(postgres), ini: '' }
    const all = {
      ...{ listen_addr: '127.0.0.1', listen_port: String(this.port), unix_socket_dir: '' },
      ...{ auth_type: 'scram-sha-256', auth_file: this.#file('users') },
      ...{ client_tls_sslmode: 'require', server_tls_sslmode: 'require' },
      ...{ client_tls_cert_file: this.#file('crt'), client_tls_key_file: this.#file('key') },
      ...{ default_pool_size: '50', max_client_conn: '200' },
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
    files.ini = `[databases]
* = host=127.0.0.1 port=${postgres.port}
[pgbouncer]
${lines.join('\n')}
`
    for (const [name, content] of Object.entries(files)) this.#writeOwn(this.#file(name), content)
  }

  #writeOwn(path: string, content: string): void {
    writeFileSync(path, content, { mode: 0o600 })
    const user = postgresUser()
    if (user) chownSync(path, user.uid, user.gid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.end('SIGKILL')
    this.#authority[Symbol.dispose]()
    this.#folder[Symbol.dispose]()
  }
}

/** The list of users. PgBouncer needs the passwords themselves to log in at the server by SCRAM. */
function usersOf({ owner, rolePasswords }: ManagedPostgres): string {
  const roles = Object.entries(rolePasswords).map(([role, password]) => [
    `telemetry_${role}`,
    password,
  ])
  const lines = [[owner.user, owner.password], ...roles].map(
    ([user, password]) => `"${user}" "${password}"`,
  )
  return `${lines.join('\n')}\n`
}

import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { SystemUser } from '../../../infra/local/postgres-files.ts'
import { postgresPrograms, postgresUser } from '../../../infra/local/postgres-files.ts'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { until } from '../until.ts'
import { Authority } from './authority.ts'
import { runProgram, ServerProcess } from './server-process.ts'

/** A user of Postgres with its password. */
export type PostgresLogin = { readonly user: string; readonly password: string }

/**
 * A Postgres that is set up like a managed one: only TLS, with a certificate of a private authority, only passwords, and
 * an owner of the platform that may not create roles or databases. The database is there; the owner may only connect
 * to it until a test grants more.
 */
export class ManagedPostgres implements AsyncDisposable {
  readonly administrator: PostgresLogin = { user: 'administrator', password: newPassword() }
  readonly database = 'av_telemetry'
  readonly host = 'localhost'
  readonly port: number
  /** The passwords that `makeRoles` sets. */
  readonly rolePasswords = {
    ...{ writer: newPassword(), worker: newPassword() },
    ...{ operator: newPassword(), reader: newPassword() },
  }
  readonly #folder = new TemporaryFolder()
  readonly #programs = postgresPrograms()
  readonly #systemUser = postgresUser()
  readonly #server: ServerProcess
  #authority = new Authority()
  #owner: PostgresLogin = { user: 'telemetry_owner', password: newPassword() }

  private constructor(port: number, settings: Readonly<Record<string, string>>) {
    this.port = port
    const given = Object.entries({ ...this.#settings(), ...settings })
    const args = given.flatMap(([name, value]) => ['-c', `${name}=${value}`])
    this.#server = new ServerProcess(this.#program('postgres', ['-D', this.#data, ...args]))
  }

  /**
   * Resolves when it answers.
   *
   * @param settings further settings of the server, as in `postgresql.conf`
   */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<ManagedPostgres> {
    const postgres = new ManagedPostgres(await freeRun(1), settings)
    try {
      await postgres.#initialize()
      await postgres.startAgain()
      await postgres.#createOwner()
    } catch (error) {
      await postgres[Symbol.asyncDispose]()
      throw error
    }
    return postgres
  }

  /** The certificate of the authority that clients must trust. */
  get authorityFile(): string {
    return this.#authority.certFile
  }

  /** The login of the platform. */
  get owner(): PostgresLogin {
    return this.#owner
  }

  get output(): string {
    return this.#server.output
  }

  /** Starts the server. Resolves when it answers. */
  async startAgain(): Promise<void> {
    this.#server.start()
    const answers = () => this.asAdministrator('SELECT 1', 'postgres').then(Boolean)
    await until(() => `Postgres answers; its output is:\n${this.output}`, answers)
  }

  /** Stops the server in order ("fast shutdown"). Its data stay. */
  async stop(): Promise<void> {
    await this.#server.end('SIGINT')
  }

  /** Ends the server at once ("immediate shutdown"). */
  async kill(): Promise<void> {
    await this.#server.end('SIGQUIT')
  }

  /** How a client of the test itself connects. */
  addressFor(login: PostgresLogin, database = this.database): pg.ClientConfig {
    const { host, port } = this
    return { host, port, database, ...login, ssl: { ca: this.#authority.cert, ...anyName } }
  }

  /** Runs statements as the superuser, for example to grant rights. @returns the rows of the last one */
  async asAdministrator(
    statements: string,
    database = this.database,
  ): Promise<Record<string, unknown>[]> {
    return this.run(statements, this.addressFor(this.administrator, database))
  }

  /** Runs statements as the owner. @returns the rows of the last one */
  async asOwner(statements: string): Promise<Record<string, unknown>[]> {
    return this.run(statements, this.addressFor(this.owner))
  }

  /** Runs statements on a new connection. @returns the rows of the last one */
  async run(statements: string, address: pg.ClientConfig): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(address)
    await client.connect()
    try {
      const results = [await client.query<Record<string, unknown>>(statements)].flat()
      return results.at(-1)?.rows ?? []
    } finally {
      await client.end()
    }
  }

  /** Gives the owner its database, with all rights in it. */
  async giveDatabase(): Promise<void> {
    const { database, owner } = this
    await this.asAdministrator(`ALTER DATABASE ${database} OWNER TO ${owner.user}`, 'postgres')
  }

  /** Makes the database of `npm run verify` and `npm run bench`, which the owner owns. */
  async makeScratchDatabase(): Promise<void> {
    const { database, owner } = this
    await this.asAdministrator(
      `CREATE DATABASE ${database}_scratch OWNER ${owner.user} ENCODING 'UTF8' TEMPLATE template0`,
      'postgres',
    )
  }

  /** From now on also accepts connections without TLS. Passwords are needed as before. */
  async acceptPlain(): Promise<void> {
    this.#writeOwnFile('pg_hba.conf', 'host all all all scram-sha-256\n')
    await this.asAdministrator('SELECT pg_reload_conf()', 'postgres')
  }

  /** Makes the roles of the services, as an administrator does it whose owner may not create roles. */
  async makeRoles(): Promise<void> {
    const logins = Object.entries(this.rolePasswords).map(
      ([role, password]) => `CREATE ROLE telemetry_${role} LOGIN PASSWORD '${password}'`,
    )
    const grant = `GRANT telemetry_worker, telemetry_step TO ${this.owner.user} WITH INHERIT TRUE, SET TRUE`
    const statements = [...logins, 'CREATE ROLE telemetry_step NOLOGIN', grant]
    await this.asAdministrator(statements.join(';\n'), 'postgres')
  }

  /** Changes the password of the owner. Connections that are open stay open. */
  async setPassword(password: string = newPassword()): Promise<void> {
    await this.asAdministrator(`ALTER ROLE ${this.#owner.user} PASSWORD '${password}'`)
    this.#owner = { ...this.#owner, password }
  }

  /**
   * Gives the server a new certificate. New connections get it; those that are open stay open.
   *
   * @param change a new authority, which clients do not trust yet, or other names in the certificate, as the
   *   extension `subjectAltName` of OpenSSL
   */
  async swapCertificate(
    change: { readonly newAuthority?: boolean; readonly names?: string } = {},
  ): Promise<void> {
    if (change.newAuthority === true) {
      this.#authority[Symbol.dispose]()
      this.#authority = new Authority()
    }
    this.#writeCertificate(change.names)
    if (!this.#server.isRunning) return
    const reloads = (): number => this.output.split('received SIGHUP').length
    const before = reloads()
    this.#server.signal('SIGHUP')
    await until('Postgres has read its new certificate', () => reloads() > before)
  }

  get #data(): string {
    return join(this.#folder.path, 'postgres', 'data')
  }

  #settings(): Record<string, string> {
    return {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: '',
      ssl: 'on',
      ssl_cert_file: this.#ownFile('server.crt'),
      ssl_key_file: this.#ownFile('server.key'),
      hba_file: this.#ownFile('pg_hba.conf'),
      password_encryption: 'scram-sha-256',
      shared_buffers: '32MB',
      timezone: 'UTC',
    }
  }

  #ownFile(name: string): string {
    return join(this.#folder.path, 'postgres', name)
  }

  async #initialize(): Promise<void> {
    // Postgres does not run as root, and must pass through the folder.
    chmodSync(this.#folder.path, 0o755)
    const parent = this.#ownFile('')
    mkdirSync(parent, { mode: 0o700 })
    if (this.#systemUser) chownSync(parent, this.#systemUser.uid, this.#systemUser.gid)
    this.#writeOwnFile('password', this.administrator.password)
    this.#writeOwnFile('pg_hba.conf', 'hostssl all all all scram-sha-256\n')
    this.#writeCertificate()
    const login = ['-U', this.administrator.user, `--pwfile=${this.#ownFile('password')}`]
    const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync']
    await runProgram(this.#program('initdb', ['-D', this.#data, ...login, ...options]))
  }

  /** An owner as a managed server gives one: it can neither create roles nor databases. */
  async #createOwner(): Promise<void> {
    const { user, password } = this.#owner
    const rights = 'NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS'
    await this.asAdministrator(
      `CREATE ROLE ${user} LOGIN ${rights} PASSWORD '${password}'`,
      'postgres',
    )
    await this.asAdministrator(`CREATE DATABASE ${this.database}`, 'postgres')
    await this.asAdministrator(
      `REVOKE ALL ON DATABASE ${this.database} FROM PUBLIC;
      GRANT CONNECT ON DATABASE ${this.database} TO ${user}`,
    )
  }

  #writeCertificate(names?: string): void {
    const { cert, key } = this.#authority.issue(names)
    this.#writeOwnFile('server.crt', cert)
    this.#writeOwnFile('server.key', key)
  }

  /** Postgres refuses a key that other users can read. */
  #writeOwnFile(name: string, content: string): void {
    const path = this.#ownFile(name)
    const isNew = !existsSync(path)
    writeFileSync(path, content, { mode: 0o600 })
    const user: SystemUser | undefined = this.#systemUser
    if (isNew && user) chownSync(path, user.uid, user.gid)
  }

  #program(name: string, args: readonly string[]) {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
    const options = { cwd: '/', env, ...this.#systemUser }
    return { file: join(this.#programs, 'bin', name), args, options }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    this.#authority[Symbol.dispose]()
    this.#folder[Symbol.dispose]()
  }
}

/** A test may give the server a certificate for another name. */
const anyName = { checkServerIdentity: () => undefined }

function newPassword(): string {
  return randomBytes(18).toString('hex')
}

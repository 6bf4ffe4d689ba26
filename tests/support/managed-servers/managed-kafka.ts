import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Admin, SASLOptions } from 'kafkajs'
import kafkajs, { Kafka } from 'kafkajs'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import type { KafkaLogin } from '../../../services/adapters/kafka/requests/login-request.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { until } from '../until.ts'
import { Authority } from './authority.ts'
import type { Acl } from './kafka-acls.ts'
import { grantAcls, withdrawAcls, withdrawAllAcls } from './kafka-acls.ts'
import type { KafkaLine } from './kafka-programs.ts'
import { jarsOf, kafkaProgram } from './kafka-programs.ts'
import type { KafkaNode } from './kafka-settings.ts'
import { kafkaProperties, toolProperties } from './kafka-settings.ts'
import { runProgram, ServerProcess } from './server-process.ts'

/** How a client of a test logs in. */
export type Mechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

/**
 * A Kafka that is set up like a managed one: KRaft, TLS with a certificate of a private authority, logins by PLAIN and
 * SCRAM, and a user without any right until a test grants some. Only `administrator` may do everything.
 */
export class ManagedKafka implements AsyncDisposable {
  readonly administrator: KafkaLogin = { username: 'administrator', password: newPassword() }
  readonly #jars: string
  readonly #folder = new TemporaryFolder()
  readonly #port: number
  readonly #hasPlain: boolean
  readonly #server: ServerProcess
  #authority = new Authority()
  #client: KafkaLogin = { username: 'telemetry', password: newPassword() }

  private constructor(jars: string, port: number, hasPlain: boolean) {
    this.#jars = jars
    this.#port = port
    this.#hasPlain = hasPlain
    this.#server = new ServerProcess(kafkaProgram(jars, 'kafka.Kafka', [this.#settingsFile]))
  }

  /**
   * Resolves when it answers. Undefined if there are no jars of this line.
   *
   * @param hasPlain whether it also listens at `plainBrokers`
   */
  static async start(line: KafkaLine = '3', hasPlain = false): Promise<ManagedKafka | undefined> {
    const jars = jarsOf(line)
    if (jars === undefined) return undefined
    const kafka = new ManagedKafka(jars, await freeRun(3), hasPlain)
    try {
      kafka.#writeCertificate()
      await kafka.#format()
      await kafka.startAgain()
    } catch (error) {
      await kafka[Symbol.asyncDispose]()
      throw error
    }
    return kafka
  }

  /** As in the setting `kafka.external.brokers`. */
  get brokers(): string[] {
    return [`localhost:${this.#port}`]
  }

  /** Without TLS and login. */
  get plainBrokers(): string[] {
    return [`localhost:${this.#port + 2}`]
  }

  /** The certificate of the authority that clients must trust. */
  get authorityFile(): string {
    return this.#authority.certFile
  }

  /** The same in PEM. */
  get authority(): string {
    return this.#authority.cert
  }

  /** The login of the platform. */
  get client(): KafkaLogin {
    return this.#client
  }

  get output(): string {
    return this.#server.output
  }

  /** Starts the server. Resolves when it answers. */
  async startAgain(): Promise<void> {
    this.#writeSettings()
    this.#server.start()
    const answers = async (): Promise<boolean> => {
      if (!this.#server.isRunning) return false
      return this.asAdministrator(async (admin) => (await admin.listTopics()).length >= 0)
    }
    await until(() => `Kafka answers; its output is:\n${this.output}`, answers, 90)
  }

  /** Stops the server in order. Its data stay. */
  async stop(): Promise<void> {
    await this.#server.end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#server.end('SIGKILL')
  }

  /** A client of the test itself, with a login of this server. */
  clientFor(login: KafkaLogin, mechanism: Mechanism = 'plain'): Kafka {
    return new Kafka({
      brokers: this.brokers,
      clientId: 'test',
      // A test may give the server a certificate for another name.
      ssl: { ca: [this.#authority.cert], checkServerIdentity: () => undefined },
      sasl: { mechanism, ...login } as SASLOptions,
      retry: { retries: 0 },
      logLevel: kafkajs.logLevel.NOTHING,
    })
  }

  /** Calls `use` with a client that may do everything. */
  async asAdministrator<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.clientFor(this.administrator).admin()
    await admin.connect()
    try {
      return await use(admin)
    } finally {
      await admin.disconnect()
    }
  }

  /** Gives rights to the user of the platform. */
  async grant(...acls: readonly Acl[]): Promise<void> {
    await this.asAdministrator((admin) => grantAcls(admin, this.client.username, acls))
  }

  /** Gives rights to clients of `plainBrokers`. */
  async grantPlain(...acls: readonly Acl[]): Promise<void> {
    await this.asAdministrator((admin) => grantAcls(admin, 'ANONYMOUS', acls))
  }

  /** Takes rights from the user of the platform. They must be given as they were granted. */
  async withdraw(...acls: readonly Acl[]): Promise<void> {
    await this.asAdministrator((admin) => withdrawAcls(admin, this.client.username, acls))
  }

  async withdrawAll(): Promise<void> {
    await this.asAdministrator((admin) => withdrawAllAcls(admin, this.client.username))
  }

  /**
   * Changes the password of the user of the platform: for SCRAM at once, for PLAIN at the next start. Connections
   * that are open stay open, as on every Kafka.
   */
  async setPassword(password: string = newPassword()): Promise<void> {
    this.#client = { ...this.#client, password }
    const toolFile = join(this.#folder.path, 'tool.properties')
    const tool = toolProperties(this.administrator, this.authorityFile)
    writeFileSync(toolFile, tool, { mode: 0o600 })
    const server = ['--bootstrap-server', this.brokers.join(','), '--command-config', toolFile]
    const entity = ['--entity-type', 'users', '--entity-name', this.#client.username]
    // Kafka refuses a request that changes both.
    for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
      const change = ['--alter', '--add-config', `${mechanism}=[password=${password}]`]
      const args = [...server, ...entity, ...change]
      await runProgram(kafkaProgram(this.#jars, 'kafka.admin.ConfigCommand', args))
    }
  }

  /**
   * Gives the server a new certificate, and restarts it if it runs.
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
    await this.stop()
    await this.startAgain()
  }

  /** Creates the data folder, with the logins for SCRAM. */
  async #format(): Promise<void> {
    this.#writeSettings()
    const logins = [this.administrator, this.client].flatMap(({ username, password }) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${username},password=${password}]`,
      ]),
    )
    // A first byte of 0 begins with A, and not with a hyphen, which the program would take for an option.
    const clusterId = Buffer.concat([Buffer.from([0]), randomBytes(15)]).toString('base64url')
    const args = ['format', '-t', clusterId, '-c', this.#settingsFile, ...logins]
    await runProgram(kafkaProgram(this.#jars, 'kafka.tools.StorageTool', args))
  }

  get #settingsFile(): string {
    return join(this.#folder.path, 'server.properties')
  }

  get #keystoreFile(): string {
    return join(this.#folder.path, 'server.pem')
  }

  #writeSettings(): void {
    const node: KafkaNode = {
      folder: this.#folder.path,
      port: this.#port,
      hasPlain: this.#hasPlain,
      administrator: this.administrator,
      client: this.#client,
      keystoreFile: this.#keystoreFile,
      truststoreFile: this.authorityFile,
    }
    writeFileSync(this.#settingsFile, kafkaProperties(node), { mode: 0o600 })
  }

  #writeCertificate(names?: string): void {
    const { cert, key } = this.#authority.issue(names)
    writeFileSync(this.#keystoreFile, key + cert, { mode: 0o600 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    this.#authority[Symbol.dispose]()
    this.#folder[Symbol.dispose]()
  }
}

/** Without characters that the tools of Kafka treat in a special way. */
function newPassword(): string {
  return randomBytes(18).toString('hex')
}

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerInspectInfo } from 'dockerode'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import { databaseOwner } from '../../infra/topology/logins/database-owner.ts'
import { labels } from '../../infra/docker/names.ts'
import { masterConfig } from '../../scripts/platform/paths.ts'
import { runProgram } from './base-images/run-program.ts'
import { Account } from './load.ts'
import { samplesOf } from '../support/metrics.ts'
import { platformSettings } from './platform-settings.ts'
import { namePrefix, removeFromEngine } from './removal.ts'
import type { Outputs, Stack, StackKind } from './stack.ts'

/** A platform of a test: its stack, and methods that read the state of its containers. */
export class TestPlatform implements AsyncDisposable {
  readonly name: string
  readonly stack: Stack
  /** The sent and acknowledged readings of all clients of this platform. */
  readonly account = new Account()
  /** Temporary folder on this machine for files of the test. */
  readonly folder: string
  #settings: readonly string[]

  private constructor(parts: { name: string; folder: string; stack: Stack; settings: string[] }) {
    this.name = parts.name
    this.stack = parts.stack
    this.folder = parts.folder
    this.#settings = parts.settings
  }

  /** @param more settings that override the settings of all test platforms */
  static async create(kind: StackKind, more: readonly string[] = []): Promise<TestPlatform> {
    const name = `${namePrefix}${randomBytes(3).toString('hex')}`
    const folder = mkdtempSync(join(tmpdir(), `${name}-`))
    const stack = await kind.create(name, folder)
    const settings = [...(await platformSettings(name, folder)), ...more]
    return new TestPlatform({ name, folder, stack, settings })
  }

  get config(): PlatformConfig {
    return loadConfig(masterConfig, this.#settings)
  }

  /** The URL to which clients send readings. */
  get eventsUrl(): string {
    const { hostPort, path } = this.config.ingress
    return `http://127.0.0.1:${hostPort}${path}`
  }

  /** @param more additional settings, which later calls keep */
  async up(...more: readonly string[]): Promise<Outputs> {
    this.#settings = [...this.#settings, ...more]
    return this.stack.up(this.#settings)
  }

  /** @param more additional settings for this call only */
  async preview(...more: readonly string[]): Promise<string> {
    return this.stack.preview([...this.#settings, ...more])
  }

  /** Names of this platform's objects of one type in the engine, e.g. `kafka-0`. */
  async names(type: 'container' | 'volume' | 'network'): Promise<string[]> {
    const filter = ['--filter', `label=${labels.platform}=${this.name}`]
    const list =
      type === 'container' ? ['--all', '--format', '{{.Names}}'] : ['--format', '{{.Name}}']
    const lines = await runProgram('docker', [type, 'ls', ...filter, ...list])
    const prefix = `${this.name}-`
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (line.startsWith(prefix) ? line.slice(prefix.length) : line))
      .sort()
  }

  /** Names of all containers, volumes and networks of this platform that the engine has. */
  async remains(): Promise<string[]> {
    const types = ['container', 'volume', 'network'] as const
    return (await Promise.all(types.map((type) => this.names(type)))).flat()
  }

  containerName(service: string): string {
    return `${this.name}-${service}`
  }

  async inspect(service: string): Promise<ContainerInspectInfo> {
    const [info] = await this.inspectAll([service])
    if (!info) throw new Error(`there is no ${service}`)
    return info
  }

  async inspectAll(services: readonly string[]): Promise<ContainerInspectInfo[]> {
    const containers = services.map((service) => this.containerName(service))
    return JSON.parse(
      await runProgram('docker', ['inspect', ...containers]),
    ) as ContainerInspectInfo[]
  }

  /** @returns the rows of a query; each row is text with `|` between the columns */
  async sql(query: string): Promise<string[]> {
    const { postgres } = this.config
    const psql = ['psql', '-U', databaseOwner, '-Atqc', query, postgres.database]
    const output = await runProgram('docker', ['exec', this.containerName('postgres-0'), ...psql])
    return output === '' ? [] : output.split('\n')
  }

  /** The log of a container. */
  async log(service: string): Promise<string> {
    return runProgram('sh', ['-c', `docker logs ${this.containerName(service)} 2>&1`])
  }

  /** Number of readings that a producer has accepted since its start, from its metrics. */
  async acceptedBy(instance: number): Promise<number> {
    const { opsHostPort } = this.config.producer
    const samples = await samplesOf(opsHostPort + instance)
    return samples.get('telemetry_readings_accepted_total') ?? NaN
  }

  /** Volumes that the engine created because of an image, not because of the Pulumi program. */
  async anonymousVolumes(): Promise<string[]> {
    const services = await this.names('container')
    const mounts = (await this.inspectAll(services)).flatMap(({ Mounts }) => Mounts)
    return mounts.map(({ Name = '' }) => Name).filter((name) => !name.startsWith(this.name))
  }

  /**
   * Removes the platform from the engine. It does not destroy the stack, which would stop one service
   * after another; the state of the stack is in the folder.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeFromEngine(this.name)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { bucketFolder, roadsFile } from '../../../infra/local/placement.ts'
import { readingFields } from '../../../services/telemetry/reading/fields.ts'
import { classifieds, writeDeclaration } from '../declared.ts'
import { orders } from '../file-tenant.ts'
import type { Servers } from '../servers.ts'
import { declareTasks } from '../task-rows.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { Tenant } from '../tenant.ts'
import { until } from '../until.ts'

const token = 'a-token-for-the-api'
const headers = { authorization: `Bearer ${token}` }
const roads =
  '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}]}'

/** The name in the examples of the document. */
const pipeline = 'classifieds'

/** Producer, consumer, worker and dashboard that need a token, with something to show on each path. */
export class DescribedPlatform implements AsyncDisposable {
  readonly tenant: Tenant
  readonly token = token
  readonly #folder: TemporaryFolder

  private constructor(tenant: Tenant, folder: TemporaryFolder) {
    this.tenant = tenant
    this.#folder = folder
  }

  static async start(servers: Servers): Promise<DescribedPlatform> {
    const folder = new TemporaryFolder()
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder.path, name), text)
      return join(folder.path, name)
    }
    const tokenFile = file('token', token)
    const tenant = await Tenant.create(servers, [
      `ingress.tokenFile=${tokenFile}`,
      `dashboard.tokenFile=${tokenFile}`,
      `dashboard.pmtilesFile=${file('map.pmtiles', 'PMTiles'.repeat(100))}`,
      `worker.folder=${folder.path}`,
      'files.enabled=true',
      `objects.bucket=etl-${randomUUID()}`,
    ])
    writeDeclaration(folder.path, pipeline, classifieds(`${tenant.config.kafka.topic}-data`))
    writeDeclaration(folder.path, 'orders', orders())
    const platform = new DescribedPlatform(tenant, folder)
    mkdirSync(platform.#bucket, { recursive: true })
    try {
      for (const role of ['producer', 'consumer', 'dashboard', 'worker'] as const)
        tenant.spawn(role)
      await platform.#fill()
      return platform
    } catch (error) {
      await platform[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Base URLs of the services that have an OpenAPI document. */
  get urls(): { readonly producer: string; readonly dashboard: string } {
    return { producer: this.tenant.url, dashboard: this.tenant.dashboardUrl }
  }

  /** Adds the task and the worker of the examples, and a pipeline that can run any handler. */
  async #fillTasks(): Promise<void> {
    const { tenant } = this
    await declareTasks(tenant, 'job', { kind: 'run-by', method: 'method', params: 'params' })
    await tenant.sql(
      `INSERT INTO task (pipeline, unit, method, params)
       SELECT 'job', 'run:' || number, 'fleet_daily_summary', '{}' FROM generate_series(1, 20) AS number`,
    )
    await tenant.sql(
      `INSERT INTO file (bucket, key, size, etag, modified_at, pipeline, task)
       SELECT 'other', 'file-' || id, 1, 'e', now(), 'orders', id FROM task ORDER BY id LIMIT 10`,
    )
    await tenant.sql(
      `INSERT INTO worker (name, ip, host, pid) SELECT 'worker-' || number, '10.0.0.7', 'farm', 17
       FROM generate_series(1, 5) AS number`,
    )
  }

  /** Adds a vehicle that has driven and stopped, a dead letter, and roads. Waits for the pipeline. */
  async #fill(): Promise<void> {
    const { tenant } = this
    mkdirSync(dirname(this.#roadsFile), { recursive: true })
    writeFileSync(this.#roadsFile, roads)
    await until('the producer accepts readings', () => this.#post(aDrive()))
    await tenant.directChanges.produce([{ key: 'x', value: 'no JSON' }])
    await until('the dashboard shows the vehicle and the dead letter', async () => {
      const url = `${tenant.dashboardUrl}/api`
      const health = await fetch(`${url}/health`, { headers })
      const { deadLetters } = (await health.json()) as { deadLetters: unknown[] | null }
      const vehicle = await fetch(`${url}/vehicles/${String(exampleOf('vin'))}`, { headers })
      return vehicle.status === 200 && deadLetters?.length === 1
    })
    await until('the dashboard shows the pipeline', async () => {
      const url = `${tenant.dashboardUrl}/api/pipelines/${pipeline}`
      return (await fetch(url, { headers })).status === 200
    })
    await this.#fillTasks()
  }

  get #bucket(): string {
    return bucketFolder(this.tenant.deployment.folders, this.tenant.config.objects.bucket)
  }

  /** All tenants of the servers share it. */
  get #roadsFile(): string {
    return roadsFile(this.tenant.deployment.folders)
  }

  async #post(readings: readonly object[]): Promise<boolean> {
    const { status } = await fetch(`${this.tenant.url}/events`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(readings),
    })
    return status === 202
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tenant[Symbol.asyncDispose]()
    rmSync(this.#roadsFile, { force: true })
    rmSync(this.#bucket, { recursive: true, force: true })
    this.#folder[Symbol.dispose]()
  }
}

const exampleOf = (name: string): unknown =>
  readingFields.find((field) => field.name === name)?.example

/** Drives for ten minutes, then stands for ten minutes. */
function aDrive(): object[] {
  const start = Date.now() - 1_500_000
  return Array.from({ length: 120 }, (_, index) => ({
    vin: exampleOf('vin'),
    timestamp: new Date(start + index * 10_000).toISOString(),
    sequence: index,
    latitude: 37.72 + Math.min(index, 60) * 0.001,
    longitude: -122.47,
    altitude: index % 2 === 0 ? 33 : null,
    speed: index < 60 ? 11 : 0,
    heading: index < 60 ? 0 : null,
  }))
}

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { machineAddresses } from '../../../services/runtime/process/network/machine-addresses.ts'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { localPassword } from '../../../scripts/platform/database.ts'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { readInvitation } from '../../../scripts/worker/invitation.ts'
import { requireKafka, requirePostgres } from '../../../scripts/worker/reach-platform.ts'
import { configOfInvitation } from '../../../scripts/worker/worker-config.ts'
import { createPool } from '../../../services/adapters/postgres/driver/connection.ts'
import type { PostgresSettings } from '../../../services/adapters/postgres/driver/settings.ts'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import type { StartedCommand } from '../../support/copied-clone.ts'
import { CopiedClone } from '../../support/copied-clone.ts'
import { serviceLogger } from '../../support/service-log.ts'
import type { Servers } from '../../support/servers.ts'
import { startServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const pipeline = (topic: string) => `name = "greet"
from.topic = { name = "${topic}", start = "earliest" }
run = { by = "method", params = "params" }
to.tables = { create = true }
`
/** Each handler waits for a file, so that its task lasts as long as the test wants. */
const handler = (name: string, file: string) => `import { existsSync } from 'node:fs'
import { handler, z } from 'av-telemetry'
export const ${name} = handler({
  name: '${name}',
  params: z.object({}),
  run: async (_, { id }) => {
    while (!existsSync(${JSON.stringify(file)})) await new Promise((resolve) => setTimeout(resolve, 20))
    return [{ table: 'greeting', data: [{ id, name: '${name}' }] }]
  },
})
`
type Invitation = { kafka: { password: string }; postgres: { host: string; port: number } }
type TaskRow = { state: string; worker: number | null }
type WorkerRow = { id: number; host: string; ip: string; stopped: boolean }

/** An address at which other machines reach this one, if there is one. */
const address = machineAddresses()[0] ?? '127.0.0.2'
const poolOptions = { applicationName: 'a test', maxConnections: 1, logger: serviceLogger }
const isExternal = !address.startsWith('127.')

describe('A worker on another machine', function () {
  this.timeout(180_000)
  let folder: TemporaryFolder
  let clone: CopiedClone
  let servers: Servers
  let tenant: Tenant
  let remote: StartedCommand | undefined
  let invitation: string
  const there = () => join(folder.path, 'there')
  const goOn = () => join(folder.path, 'go-on')

  before(async () => {
    folder = new TemporaryFolder()
    clone = new CopiedClone()
    invitation = join(folder.path, 'invitation.json')
    const here = join(folder.path, 'here')
    for (const path of [here, join(here, 'pipelines'), join(here, 'handlers'), there()])
      mkdirSync(path)
    mkdirSync(join(there(), 'handlers'))
    servers = await startServers([`worker.hostAddress=${address}`])
    tenant = await Tenant.create(servers, [`worker.folder=${here}`])
    writeFileSync(join(here, 'pipelines', 'greet.toml'), pipeline(topic()))
    writeFileSync(join(here, 'handlers', 'a.ts'), handler('of_platform', here))
    writeFileSync(join(there(), 'handlers', 'a.ts'), handler('of_invited', goOn()))
  })

  after(async () => {
    remote?.child.kill('SIGKILL')
    await remote?.exit
    removeRunRecord(servers.folders.state)
    await tenant[Symbol.asyncDispose]()
    await servers[Symbol.asyncDispose]()
    clone[Symbol.dispose]()
    folder[Symbol.dispose]()
  })

  const topic = () => `${tenant.config.kafka.topic}-greetings`
  const send = (method: string) =>
    tenant.changesOf(topic()).produce([{ value: JSON.stringify({ method, params: {} }) }])
  const taskOf = async (method: string) =>
    (
      await tenant.sql<TaskRow>(
        'SELECT state, worker::int FROM task WHERE method = $1 ORDER BY id DESC LIMIT 1',
        [method],
      )
    )[0]
  const untilState = (method: string, state: string) =>
    until(
      () => `the task of ${method} is ${state}; the worker has printed:\n${remote?.output}`,
      async () => {
        const task = await taskOf(method)
        return task?.state === state && task
      },
    )
  const workers = () =>
    tenant.sql<WorkerRow>(
      'SELECT id::int, host, ip, stopped_at IS NOT NULL AS stopped FROM worker ORDER BY id',
    )

  it('cannot be invited while worker.hostAddress is empty: the command says what to set', async () => {
    recordAsRunning(tenant, ['worker.hostAddress=""'])
    const { code, out } = await runCommand(tenant, ['worker', 'invite', '--out', invitation])
    expect(code).to.equal(1)
    expect(out).to.include('because worker.hostAddress is empty.')
    expect(out).to.match(/^ {2}npm start -- --set worker\.hostAddress=\S+$/m)
    expect(out).to.include('The connections are not encrypted')
  })

  it('is invited by a private file with the addresses and only the passwords of workers', async () => {
    recordAsRunning(tenant)
    const { code, out } = await runCommand(tenant, ['worker', 'invite', '--out', invitation])
    expect(code, out).to.equal(0)
    const { kafkaHostPort } = tenant.config.worker
    expect(out).to.include(
      `must reach ${address}:${kafkaHostPort} (Kafka), ${address}:${tenant.config.postgres.hostPort} (Postgres).`,
    )
    expect(statSync(invitation).mode & 0o777).to.equal(0o600)
    const text = readFileSync(invitation, 'utf8')
    for (const role of ['worker', 'reader', 'kafka-worker'] as const)
      expect(text).to.include(localPassword(servers.folders, role))
    for (const role of ['owner', 'writer', 'operator', 'kafka', 'zookeeper'] as const)
      expect(text).to.not.include(localPassword(servers.folders, role))
    const again = await runCommand(tenant, ['worker', 'invite', '--out', invitation])
    expect(again.code).to.equal(2)
    expect(again.out).to.equal(
      `${invitation} exists. Remove it, or name another file with --out.\n`,
    )
  })

  it('is the only client that may log in from another machine: the owner and clients without a login are refused', async function () {
    const { port } = (JSON.parse(readFileSync(invitation, 'utf8')) as Invitation).postgres
    const settings = { brokers: [`${address}:${tenant.config.worker.kafkaHostPort}`], topic: '' }
    const admin = createKafka(settings, 'a-test', serviceLogger).admin({ retry: { retries: 0 } })
    await admin.connect()
    expect(await outcomeOf(admin.listTopics())).to.not.equal('done')
    await admin.disconnect()
    if (!isExternal) this.skip()
    const owner = new pg.Client({
      ...{ host: address, port, database: tenant.config.postgres.database },
      ...{ user: 'av_telemetry', password: localPassword(servers.folders) },
    })
    expect(await outcomeOf(owner.connect())).to.match(/no pg_hba\.conf entry/)
  })

  it('runs tasks of messages with its own handlers, and leaves those of other handlers queued', async () => {
    await tenant.changesOf(topic()).createTopic(1)
    const platformWorker = await tenant.startWorker()
    await until('the pipeline is declared', async () => {
      const declared = await tenant.sql(`SELECT FROM pipeline WHERE name = 'greet'`)
      return declared.length === 1
    })
    await tenant.stop(platformWorker)
    writeFileSync(goOn(), '')
    remote = clone.start('worker', '--invitation', invitation, '--folder', there())
    await send('of_platform')
    await send('of_invited')
    const { worker } = await untilState('of_invited', 'complete')
    const [first, invited] = await workers()
    expect(first).to.include({ stopped: true })
    expect(invited).to.deep.include({ id: worker, host: hostname(), stopped: false })
    expect(invited?.ip).to.match(/^\d+\.\d+\.\d+\.\d+$/)
    expect(await tenant.sql('SELECT name FROM data.greeting')).to.deep.equal([
      { name: 'of_invited' },
    ])
    expect(await taskOf('of_platform')).to.deep.equal({ state: 'queued', worker: null })
    expect(remote.output).to.match(
      new RegExp(`^This worker runs all pipelines and .* the platform \\S+ at ${address}:`),
    )
  })

  it('settles or gives back its tasks at Ctrl-C, and the workers of the platform run the others', async () => {
    if (remote === undefined) throw new Error('the worker was not started')
    rmSync(goOn())
    await send('of_invited')
    await untilState('of_invited', 'running')
    remote.child.kill('SIGINT')
    writeFileSync(goOn(), '')
    expect(await remote.exit, remote.output).to.equal(0)
    expect(remote.output).to.match(/Stopped\. The workers of the platform continue\.\n$/)
    expect((await workers()).map(({ stopped }) => stopped)).to.deep.equal([true, true])
    // A task that takes longer than the grace period is given back. It does not wait until its lease ends.
    expect((await taskOf('of_invited'))?.state).to.be.oneOf(['complete', 'queued'])
    await tenant.startWorker()
    await untilState('of_platform', 'complete')
  })

  it('reports which server does not answer or refuses its password, and that its version differs', async () => {
    const config = configOfInvitation(readInvitation(invitation), undefined)
    const port = await freeRun(1)
    const postgres = async (changed: Partial<PostgresSettings>) => {
      const settings = { ...config.postgres, ...changed }
      const pool = createPool(settings, poolOptions)
      try {
        return await outcomeOf(requirePostgres(pool, settings))
      } finally {
        await pool.end()
      }
    }
    const kafka = (brokerPort: number, password: string) => {
      const settings = {
        ...{ topic: '', brokers: [`${address}:${brokerPort}`] },
        login: { mechanism: 'scram-sha-256' as const, username: 'telemetry_worker', password },
      }
      return outcomeOf(requireKafka(settings, [{ host: address, port: brokerPort }]))
    }
    expect(await postgres({})).to.equal('done')
    expect(await postgres({ port })).to.include(
      `Postgres of the platform does not answer at ${address}:${port} (`,
    )
    expect(await postgres({ password: 'wrong' })).to.include(
      'refuses the password of the invitation',
    )
    expect(await kafka(port, '')).to.include(`Kafka of the platform does not answer at ${address}:`)
    expect(await kafka(tenant.config.worker.kafkaHostPort, 'wrong')).to.include(
      'refuses the password of the invitation. The passwords of the platform have changed',
    )
    await tenant.sql(
      `INSERT INTO schema_migration (number, name, readings_table) VALUES (999, '999-a', 'diag')`,
    )
    expect(await postgres({})).to.equal(
      'This clone is an older version of av-telemetry than the platform. Use the same commit on both machines.',
    )
    await tenant.sql('DELETE FROM schema_migration WHERE number IN (999, 26)')
    expect(await postgres({})).to.match(/^The platform is an older version .* than this clone\./)
  })
})

function outcomeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'done',
    (error: unknown) => (error as Error).message,
  )
}

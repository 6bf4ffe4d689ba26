import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { readConfig as readFleet } from '../../fleet/config.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { toConfig } from '../../infra/config/config.ts'
import { writeGeneratedFiles } from '../../infra/local/generated-files.ts'
import { localPlacement } from '../../infra/local/placement.ts'
import { secretNames } from '../../infra/topology/placement.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { roleNames, roles } from '../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../infra/topology/topology.ts'
import { root } from '../../scripts/platform/paths.ts'
import { consumerGroupOf } from '../../services/adapters/kafka/client.ts'
import { readConfig as readConsumer } from '../../services/consumer/config.ts'
import { readConfig as readDashboard } from '../../services/dashboard/config.ts'
import { settingsFor } from '../../services/dashboard/site/settings.ts'
import { readConfig as readIngress } from '../../services/ingress/config.ts'
import { readConfig as readProducer } from '../../services/producer/config.ts'
import { readConfig as readProvision } from '../../services/provision/config.ts'
import { readConfig as readWorker } from '../../services/worker/config.ts'

type Environment = Readonly<Record<string, string | undefined>>
type ReadConfig = (source: Environment) => unknown

/** Each of our services has a `config.ts` beside its `main.ts`. */
async function readersByRole(): Promise<Readonly<Record<string, ReadConfig>>> {
  const ourServices = roleNames.flatMap((role) => {
    const main = roles[role].bundle?.main
    return main === undefined ? [] : [{ role, file: join(root, dirname(main), 'config.ts') }]
  })
  const readers = ourServices.map(async ({ role, file }) => {
    const { readConfig } = (await import(file)) as { readConfig: ReadConfig }
    return [role, readConfig] as const
  })
  return Object.fromEntries(await Promise.all(readers))
}

const readers = await readersByRole()
/** Variables that only `npm run fleet` sets; the platform's own fleet does not use them. */
const launchOnly = ['FLEET_TRACE_FILE', 'FLEET_CA_FILE']

/** Our own Kafka does not need these variables. */
const externalOnly = ['KAFKA_EXTERNAL']

/** An environment that records the names of the variables that are read. */
function recording(env: Environment): { source: Environment; names: Set<string> } {
  const names = new Set<string>()
  const source = new Proxy(env, {
    get: (target, name) => {
      names.add(String(name))
      return target[String(name)]
    },
  })
  return { source, names }
}

describe('service environments', () => {
  let state: string
  let tokenFile: string
  before(() => {
    state = mkdtempSync(join(tmpdir(), 'av-telemetry-contract-'))
    mkdirSync(join(state, 'secrets'))
    for (const name of secretNames) {
      writeFileSync(join(state, 'secrets', name), `secret of ${name}\n`)
    }
    // A token has no spaces.
    writeFileSync(join(state, 'secrets', 'gateway'), 'platform-token\n')
    tokenFile = join(state, 'token')
    writeFileSync(tokenFile, 'token\n')
  })
  after(() => {
    rmSync(state, { recursive: true })
  })

  function plansOf(config: PlatformConfig): ServicePlan[] {
    const below = (name: string) => join(state, name)
    const placement = localPlacement(config, {
      root: state,
      state,
      data: below('data'),
      logs: below('logs'),
      secrets: below('secrets'),
      settings: below('settings'),
      bundles: below('bundles'),
      jars: below('jars'),
    })
    return servicesOf(topologyOf(config, placement, 42))
  }

  const withIngress = { producer: { instances: 2 } }

  function planOf(role: Role, tree: object = {}): ServicePlan {
    const plan = plansOf(toConfig(tree)).find((candidate) => candidate.role === role)
    if (plan === undefined) throw new Error(`the topology has no ${role}`)
    writeGeneratedFiles(plan)
    return plan
  }

  function withPostgres(): object {
    const external = {
      ...{ host: 'db.example.com', port: 6432, database: 'fleet', user: 'fleet_owner' },
      passwordFile: 'token',
      tls: { authorityFile: 'authorities.pem' },
      roles: {
        ...{ given: true, writerPasswordFile: 'token', workerPasswordFile: 'token' },
        ...{ operatorPasswordFile: 'token', readerPasswordFile: 'token' },
      },
    }
    return { ...withIngress, postgres: { external } }
  }

  const read = <Config>(readConfig: (source: Environment) => Config, plan: ServicePlan): Config =>
    readConfig(plan.env)

  it('are read by every service that has one', () => {
    const withEnv = plansOf(toConfig(withIngress)).filter(({ env }) => Object.keys(env).length > 0)
    const roles = new Set(withEnv.map(({ role }) => role))
    expect([...roles].sort()).to.deep.equal(Object.keys(readers).sort())
  })

  for (const [role, readConfig] of Object.entries(readers)) {
    it(`of ${role} contain exactly the variables that the service reads`, () => {
      const map = {
        tilesUrl: 'https://tiles.example.com/{z}/{x}/{y}.png',
        pmtilesFile: 'map',
        tilesAttribution: 'x',
      }
      const tls = { certFile: 'cert.pem', keyFile: 'key.pem' }
      const hostNames = 'fleet.example.com'
      const ingress = { tokenFile, tls, hostAddress: '192.0.2.7', hostNames }
      const worker = { folder: 'own', hostAddress: '192.0.2.7' }
      const optional = {
        ingress,
        worker,
        files: { enabled: true, tikaUrl: 'http://127.0.0.1:9998' },
        clickhouse: { url: 'http://127.0.0.1:8123', passwordFile: tokenFile },
        dashboard: { tokenFile, ...map },
      }
      const { env } = planOf(role as Role, optional)
      const { source, names } = recording(env)
      readConfig(source)
      // An existing Postgres excludes workers on other machines.
      const withExisting = planOf(role as Role, withPostgres()).env
      const expected = new Set([...Object.keys(env), ...Object.keys(withExisting)])
      // A producer without an ingress has it.
      if (role === 'producer') expected.add('MAX_CONNECTIONS_PER_CLIENT')
      if (role === 'fleet') for (const name of launchOnly) expected.add(name)
      if ('KAFKA_BROKERS' in env) for (const name of externalOnly) expected.add(name)
      expect([...names].sort()).to.deep.equal([...expected].sort())
    })

    it(`of ${role} contain exactly the variables of an existing Kafka that it reads`, () => {
      const sasl = { mechanism: 'plain', usernameFile: tokenFile, passwordFile: tokenFile }
      const external = { brokers: ['a:9093'], tls: { authorityFile: tokenFile }, sasl }
      const { env } = planOf(role as Role, { ...withIngress, kafka: { external } })
      const { source, names } = recording(env)
      readConfig(source)
      const ofKafka = (all: Iterable<string>) =>
        [...all].filter((name) => name.startsWith('KAFKA_')).sort()
      expect(ofKafka(names)).to.include.members(ofKafka(Object.keys(env)))
      const missing = ofKafka(names).filter((name) => !(name in env))
      expect(missing).to.deep.equal(role === 'provision' ? ['KAFKA_WORKER_PASSWORD_FILE'] : [])
    })

    it(`of ${role} are valid without the optional settings`, () => {
      readConfig(planOf(role as Role, withIngress).env)
    })
  }

  it('give the token to producer and fleet without its line break', () => {
    const tree = { ingress: { tokenFile } }
    expect(read(readProducer, planOf('producer', tree)).token).to.equal('token')
    expect(read(readFleet, planOf('fleet', tree)).token).to.equal('token')
    expect(read(readProducer, planOf('producer')).token).to.equal(undefined)
  })

  it('give producer and fleet the token of the platform if no other is configured', () => {
    expect(read(readProducer, planOf('producer')).platformToken).to.equal('platform-token')
    expect(read(readFleet, planOf('fleet')).token).to.equal('platform-token')
  })

  it('give each service the database role that it needs', () => {
    const access = ({ postgres }: { postgres: { user: string; password: string } }) =>
      `${postgres.user}: ${postgres.password}`
    expect(access(read(readProvision, planOf('provision')))).to.equal(
      'av_telemetry: secret of owner',
    )
    expect(access(read(readConsumer, planOf('consumer')))).to.equal(
      'telemetry_writer: secret of writer',
    )
    expect(access(read(readWorker, planOf('worker')))).to.equal(
      'telemetry_worker: secret of worker',
    )
    expect(access(read(readProducer, planOf('producer')))).to.equal(
      'telemetry_reader: secret of reader',
    )
    expect(read(readProvision, planOf('provision')).passwords).to.deep.equal({
      writer: 'secret of writer',
      worker: 'secret of worker',
      operator: 'secret of operator',
      reader: 'secret of reader',
    })
  })

  it('give each service the address, TLS and files of an existing Postgres', () => {
    const settings = (user: string, name: string) => ({
      ...{ host: 'db.example.com', port: 6432, database: 'fleet', table: 'diag', user },
      ...{ password: 'token', passwordFile: join(state, name) },
      tls: {
        ...{ mode: 'verify-full', authorityFile: join(state, 'authorities.pem') },
        serverName: 'db.example.com',
      },
    })
    const tree = withPostgres()
    const provision = read(readProvision, planOf('provision', tree))
    expect(provision.postgres).to.deep.equal(settings('fleet_owner', 'token'))
    expect(provision.external).to.deep.equal({ rolesAreGiven: true })
    expect(provision.passwords).to.deep.equal({
      ...{ writer: 'token', worker: 'token', operator: 'token', reader: 'token' },
    })
    const consumer = read(readConsumer, planOf('consumer', tree))
    expect(consumer.postgres).to.deep.equal(settings('telemetry_writer', 'token'))
    const { postgres, reader } = read(readWorker, planOf('worker', tree))
    expect(postgres).to.deep.equal(settings('telemetry_worker', 'token'))
    expect(reader).to.deep.equal(settings('telemetry_reader', 'token'))
  })

  it('give the services of an existing Postgres the passwords of the roles that the platform makes', () => {
    const tree = { postgres: { external: { host: 'db.example.com', passwordFile: 'token' } } }
    const { postgres } = read(readConsumer, planOf('consumer', tree))
    expect(postgres.password).to.equal('secret of writer')
    expect(postgres.database).to.equal('av_telemetry')
    expect(postgres.tls).to.deep.equal({ mode: 'verify-full', serverName: 'db.example.com' })
    expect(read(readProvision, planOf('provision', tree)).external).to.deep.equal({
      rolesAreGiven: false,
    })
  })

  it('do not contain TLS and files of a server of the platform', () => {
    const { postgres } = read(readConsumer, planOf('consumer'))
    expect(postgres).to.have.all.keys('host', 'port', 'database', 'table', 'user', 'password')
    expect(read(readProvision, planOf('provision')).external).to.equal(undefined)
  })

  it('pass the configuration to the services unchanged', () => {
    const kafka = { instances: 3, replicationFactor: 3, minInsyncReplicas: 2, flushEachBatch: true }
    const tree = {
      kafka: { ...kafka, partitions: 12, retentionHours: 24, topic: 'readings' },
      postgres: { retentionDays: 7, table: 'readings' },
      producer: { instances: 2, maxPendingMegabytes: 8, maxLag: 5_000 },
      consumer: { accountCheckHours: 6 },
      ingress: { maxReadingsPerSecondPerClient: 20 },
      fleet: { origin: { latitude: -1.5, longitude: 1e-7, altitude: 0 } },
    }
    const provision = read(readProvision, planOf('provision', tree))
    expect(provision.topic).to.deep.equal({
      partitions: 12,
      replicationFactor: 3,
      minInsyncReplicas: 2,
      retentionHours: 24,
      flushEachBatch: true,
    })
    const producer = read(readProducer, planOf('producer', tree))
    expect(producer.kafka).to.deep.equal({
      brokers: ['127.0.0.1:9092', '127.0.0.1:9093', '127.0.0.1:9094'],
      topic: 'readings',
      login: { mechanism: 'plain', username: 'av_telemetry', password: 'secret of kafka' },
    })
    expect(producer.retentionMicros).to.equal(7 * 86_400_000_000)
    expect(producer.maxPendingBytes).to.equal(8 * 1024 * 1024)
    expect(producer.maxLag).to.equal(5_000)
    expect(producer.maxReadingsPerSecondPerClient).to.equal(20)
    expect(producer.formOrigin).to.deep.equal({ latitude: -1.5, longitude: 1e-7, altitude: 0 })
    const ingress = read(readIngress, planOf('ingress', tree))
    const at = (port: number) => ({ host: '127.0.0.1', port })
    expect(ingress.producers).to.deep.equal([
      { main: at(5101), ops: at(5301) },
      { main: at(5102), ops: at(5302) },
    ])
    const consumer = read(readConsumer, planOf('consumer', tree))
    expect(consumer.postgres.table).to.equal('readings')
    expect(consumer.retentionMicros).to.equal(7 * 86_400_000_000)
    expect(consumer.checkIntervalSeconds).to.equal(6 * 3_600)
    const group = consumerGroupOf({ pipeline: 'readings', topic: 'readings' })
    expect(consumer.pipelines).to.deep.equal([
      { name: 'readings', topic: 'readings', table: 'readings', group },
    ])
    expect(read(readDashboard, planOf('dashboard', tree)).pipelines).to.deep.equal(
      consumer.pipelines,
    )
  })

  for (const host of ['::', '::1', '127.0.0.1', '0.0.0.0']) {
    it(`give the fleet a reachable address of an ingress that listens on ${host}`, () => {
      const fleet = read(readFleet, planOf('fleet', { ingress: { hostAddress: host } }))
      const expected = host.includes(':') ? '[::1]:5001' : '127.0.0.1:5001'
      expect(fleet.host).to.equal(expected)
    })
  }

  for (const [host, name] of [
    ['0.0.0.0', 'fleet.example.com'],
    ['::', 'fleet.example.com'],
    ['127.0.0.1', 'localhost'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '[2001:db8::7]'],
  ] as const) {
    it(`make the dashboard page show ${name} for an ingress that listens on ${host}`, () => {
      const plan = planOf('dashboard', { ingress: { hostAddress: host } })
      const { eventsUrl } = settingsFor(read(readDashboard, plan), 'fleet.example.com')
      expect(eventsUrl).to.equal(`http://${name}:5001/events`)
    })
  }

  for (const [host, hostname, expected] of [
    ['0.0.0.0', 'fleet.example.com', 'https://fleet.example.com:5001/events'],
    ['0.0.0.0', 'localhost', 'http://localhost:5001/events'],
    ['192.0.2.7', 'fleet.example.com', 'https://192.0.2.7:5001/events'],
    ['127.0.0.1', 'fleet.example.com', 'http://localhost:5001/events'],
  ] as const) {
    it(`make the dashboard page at ${hostname} show ${expected} for an ingress with TLS on ${host}`, () => {
      const tls = { certFile: 'cert.pem', keyFile: 'key.pem' }
      const plan = planOf('dashboard', { ingress: { hostAddress: host, tls } })
      expect(settingsFor(read(readDashboard, plan), hostname).eventsUrl).to.equal(expected)
    })
  }
})

import { expect } from 'chai'
import { tripRules } from '../../support/trip-tracks.ts'
import { aDockerPlatform, aPlatform, largePlatform } from './a-platform.ts'

const namesIn = (tree?: object) =>
  aPlatform(tree).topology.stages.map((stage) => stage.map(({ name }) => name))

describe('topology', () => {
  it('starts dependencies before the services that need them', () => {
    expect(namesIn()).to.deep.equal([
      ['postgres-0', 'zookeeper-0'],
      ['kafka-0'],
      ['provision-0'],
      ['consumer-0', 'worker-0', 'producer-0', 'dashboard-0'],
      ['fleet-0'],
    ])
  })

  it('has the configured number of instances of each service', () => {
    expect(namesIn(largePlatform)).to.deep.equal([
      ['postgres-0', 'zookeeper-0', 'zookeeper-1'],
      ['zookeeper-2', 'kafka-0', 'kafka-1', 'kafka-2'],
      ['provision-0'],
      [
        ...['consumer-0', 'consumer-1', 'consumer-2', 'consumer-3'],
        ...['worker-0', 'producer-0', 'producer-1', 'ingress-0', 'dashboard-0'],
      ],
      ['fleet-0'],
    ])
  })

  it('starts no ingress on this machine if there is one producer and no TLS', () => {
    const hasIngress = ({ services }: ReturnType<typeof aPlatform>) =>
      services.some(({ role }) => role === 'ingress')
    const tls = { selfSigned: true }
    expect(hasIngress(aPlatform())).to.equal(false)
    expect(hasIngress(aPlatform({ producer: { instances: 2 } }))).to.equal(true)
    expect(hasIngress(aPlatform({ ingress: { tls } }))).to.equal(true)
    expect(hasIngress(aDockerPlatform())).to.equal(true)
  })

  it('starts only a majority of ZooKeeper servers in the first stage', () => {
    const firstOf = (instances: number) =>
      namesIn({ zookeeper: { instances } })[0]?.filter((name) => name.startsWith('zookeeper'))
    const names = ['zookeeper-0', 'zookeeper-1', 'zookeeper-2', 'zookeeper-3']
    expect([1, 3, 5, 7].map(firstOf)).to.deep.equal([1, 2, 3, 4].map((n) => names.slice(0, n)))
  })

  it('has no fleet when numVehicles is 0', () => {
    expect(aPlatform({ fleet: { numVehicles: 0 } }).of('fleet')).to.deep.equal([])
  })

  it('defines the readiness check of each service', () => {
    const tree = { ingress: { path: '/telemetry' }, producer: { instances: 2 } }
    const { services } = aPlatform(tree)
    const at = (port: number) => ({ host: '127.0.0.1', port })
    expect(Object.fromEntries(services.map(({ name, ready }) => [name, ready]))).to.deep.equal({
      'postgres-0': { kind: 'sql', address: at(54321) },
      'zookeeper-0': { kind: 'quorum', address: at(2181) },
      'kafka-0': { kind: 'broker', address: at(9092) },
      'provision-0': { kind: 'exit' },
      'consumer-0': { kind: 'http', address: at(5401), path: '/readyz', alivePath: '/healthz' },
      'worker-0': { kind: 'http', address: at(5601), path: '/readyz', alivePath: '/healthz' },
      'producer-0': { kind: 'http', address: at(5301), path: '/readyz', alivePath: '/healthz' },
      'producer-1': { kind: 'http', address: at(5302), path: '/readyz', alivePath: '/healthz' },
      'ingress-0': { kind: 'http', address: at(5001), path: '/telemetry' },
      'dashboard-0': { kind: 'http', address: at(5501), path: '/readyz', alivePath: '/healthz' },
      'fleet-0': { kind: 'none' },
    })
  })

  it('gives heap limits, settings and environments only to the roles that use them', () => {
    const { services } = aPlatform()
    const rolesWith = (holds: (plan: (typeof services)[number]) => boolean) =>
      services.filter(holds).map(({ role }) => role)
    expect(rolesWith(({ heapMegabytes }) => heapMegabytes !== undefined)).to.deep.equal([
      'zookeeper',
      'kafka',
      'consumer',
      'worker',
      'producer',
      'dashboard',
    ])
    const servers = ['postgres', 'zookeeper', 'kafka']
    expect(rolesWith(({ settings }) => Object.keys(settings).length > 0)).to.deep.equal(servers)
    expect(rolesWith(({ env }) => Object.keys(env).length === 0)).to.deep.equal(servers)
  })
})

describe('service environment', () => {
  const common = { LOG_LEVEL: 'info' }
  const kafka = {
    KAFKA_BROKERS: '127.0.0.1:9092',
    KAFKA_TOPIC: 'test_topic',
    KAFKA_USER: 'av_telemetry',
    KAFKA_PASSWORD_FILE: '/state/secrets/kafka',
  }
  const postgres = {
    POSTGRES_HOST: '127.0.0.1',
    POSTGRES_PORT: '54321',
    POSTGRES_DATABASE: 'av_telemetry',
    POSTGRES_TABLE: 'diag',
  }
  const envOf = (role: Parameters<ReturnType<typeof aPlatform>['of']>[0], tree?: object) =>
    aPlatform(tree)
      .of(role)
      .map(({ env }) => env)

  it('of provision has the topic settings and the files of all passwords', () => {
    expect(envOf('provision')).to.deep.equal([
      {
        ...common,
        ...kafka,
        ...postgres,
        KAFKA_PARTITIONS: '6',
        KAFKA_REPLICATION_FACTOR: '1',
        KAFKA_MIN_INSYNC_REPLICAS: '1',
        KAFKA_RETENTION_HOURS: '168',
        KAFKA_FLUSH_EACH_BATCH: 'false',
        COPY_FILE_STATUS: 'false',
        POSTGRES_PASSWORD_FILE: '/state/secrets/owner',
        POSTGRES_WRITER_PASSWORD_FILE: '/state/secrets/writer',
        POSTGRES_WORKER_PASSWORD_FILE: '/state/secrets/worker',
        POSTGRES_OPERATOR_PASSWORD_FILE: '/state/secrets/operator',
        POSTGRES_READER_PASSWORD_FILE: '/state/secrets/reader',
      },
    ])
  })

  it('of each producer has the files of its secrets and separate ports', () => {
    const [, second] = envOf('producer', { producer: { instances: 2 } })
    expect(second).to.deep.equal({
      ...common,
      ...kafka,
      ...postgres,
      POSTGRES_PASSWORD_FILE: '/state/secrets/reader',
      PROXY_SECRET_FILE: '/state/secrets/proxy',
      PLATFORM_TOKEN_FILE: '/state/secrets/gateway',
      RETENTION_DAYS: '30',
      HOST_NAMES: '*',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '5102',
      OPS_HOST: '127.0.0.1',
      OPS_PORT: '5302',
      DEVICES_UNKNOWN: 'ask-if-new',
      EVENTS_PATH: '/events',
      DASHBOARD_PORT: '5002',
      DASHBOARD_IS_PUBLIC: 'false',
      FORM_ORIGIN_LATITUDE: '37.7749',
      FORM_ORIGIN_LONGITUDE: '-122.4194',
      FORM_ORIGIN_ALTITUDE: '16',
      MAX_PENDING_MEGABYTES: '32',
      MAX_LAG: '0',
      MAX_READINGS_PER_SECOND_PER_CLIENT: '0',
    })
  })

  it('of a producer without an ingress has its address and its limit of connections', () => {
    const [env] = envOf('producer')
    expect(env).to.include({
      HTTP_HOST: '0.0.0.0',
      HTTP_PORT: '5001',
      MAX_CONNECTIONS_PER_CLIENT: '1024',
    })
  })

  it('of each consumer has the writer password and a separate port', () => {
    const [, second] = envOf('consumer', { consumer: { instances: 2 } })
    expect(second).to.deep.equal({
      ...common,
      ...kafka,
      ...postgres,
      POSTGRES_PASSWORD_FILE: '/state/secrets/writer',
      RETENTION_DAYS: '30',
      PIPELINES_FILE: '/state/settings/pipelines.json',
      ACCOUNT_CHECK_HOURS: '1',
      OPS_HOST: '127.0.0.1',
      OPS_PORT: '5402',
    })
  })

  it('of the ingress lists every producer', () => {
    expect(envOf('ingress', { producer: { instances: 2 } })).to.deep.equal([
      {
        ...common,
        HTTP_HOST: '0.0.0.0',
        HTTP_PORT: '5001',
        MAX_CONNECTIONS_PER_CLIENT: '1024',
        PROXY_SECRET_FILE: '/state/secrets/proxy',
        PRODUCERS: '127.0.0.1:5101,127.0.0.1:5102',
        PRODUCERS_OPS: '127.0.0.1:5301,127.0.0.1:5302',
      },
    ])
  })

  it('of the dashboard has the passwords of reader and operator, and the services to monitor', () => {
    const tree = { producer: { instances: 2 }, dashboard: { public: true, staleAfterSeconds: 5 } }
    expect(envOf('dashboard', tree)).to.deep.equal([
      {
        ...common,
        ...kafka,
        ...postgres,
        POSTGRES_PASSWORD_FILE: '/state/secrets/reader',
        POSTGRES_OPERATOR_PASSWORD_FILE: '/state/secrets/operator',
        RETENTION_DAYS: '30',
        HTTP_HOST: '0.0.0.0',
        HTTP_PORT: '5002',
        OPS_HOST: '127.0.0.1',
        OPS_PORT: '5501',
        IS_PUBLIC: 'true',
        SECURE_COOKIE: 'false',
        STALE_AFTER_SECONDS: '5',
        SILENT_AFTER_SECONDS: '300',
        MAX_CONNECTIONS_PER_CLIENT: '1024',
        MAX_STREAMS_PER_CLIENT: '32',
        MAX_VEHICLES: '20000',
        MAX_UPLOAD_BYTES: '1000000000',
        TRIP_RULES: JSON.stringify(tripRules),
        INGRESS_PORT: '5001',
        INGRESS_TLS: 'false',
        INGRESS_NEEDS_TOKEN: 'false',
        IS_IN_CONTAINER: 'false',
        EVENTS_PATH: '/events',
        FLEET_ORIGIN_LATITUDE: '37.7749',
        FLEET_ORIGIN_LONGITUDE: '-122.4194',
        FLEET_ORIGIN_ALTITUDE: '16',
        ROADS_FILE: '/state/data/roads.geojson',
        PIPELINES_FILE: '/state/settings/pipelines.json',
        WATCHED_SERVICES: [
          'ingress-0=127.0.0.1:5001/events',
          'producer-0=127.0.0.1:5301/readyz',
          'producer-1=127.0.0.1:5302/readyz',
          'kafka-0=127.0.0.1:9092',
          'zookeeper-0=127.0.0.1:2181',
          'consumer-0=127.0.0.1:5401/readyz',
          'worker-0=127.0.0.1:5601/readyz',
          'postgres-0=127.0.0.1:54321',
        ].join(','),
      },
    ])
  })

  it('of the fleet has the address of the ingress and of no other service', () => {
    expect(envOf('fleet', { ingress: { path: '/telemetry' } })).to.deep.equal([
      {
        ...common,
        FLEET_HOST: '127.0.0.1:5001',
        FLEET_EVENTS_PATH: '/telemetry',
        FLEET_FIRST_VEHICLE: '0',
        FLEET_NUM_VEHICLES: '10',
        FLEET_REPORT_INTERVAL_SECONDS: '1',
        FLEET_SEED: '42',
        FLEET_ORIGIN_LATITUDE: '37.7749',
        FLEET_ORIGIN_LONGITUDE: '-122.4194',
        FLEET_ORIGIN_ALTITUDE: '16',
        FLEET_TOKEN_FILE: '/state/secrets/gateway',
        FLEET_REFUSED_FILE: '/state/data/fleet-0/refused.ndjson',
        FLEET_ROADS_FILE: '/state/data/roads.geojson',
        FLEET_JOURNAL_FOLDER: '/state/data/fleet-0/journal',
        FLEET_JOURNAL_MEGABYTES: '64',
      },
    ])
  })

  it('names the token file only for producer and fleet when a token is set', () => {
    const tree = { ingress: { tokenFile: '/run/token' } }
    expect(envOf('producer', tree)[0]?.['TOKEN_FILE']).to.equal('/run/token')
    expect(envOf('fleet', tree)[0]?.['FLEET_TOKEN_FILE']).to.equal('/run/token')
    const { services } = aPlatform(tree)
    expect(
      services.filter(({ env }) => JSON.stringify(env).includes('/run/token')).length,
    ).to.equal(2)
  })

  it('lists every Kafka broker', () => {
    const [env] = envOf('consumer', largePlatform)
    expect(env?.['KAFKA_BROKERS']).to.equal('127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094')
  })
})

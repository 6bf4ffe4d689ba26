import { expect } from 'chai'
import { ConfigError, toConfig } from '../../../infra/config/config.ts'
import { faultsOf } from './faults-of.ts'

describe('toConfig', () => {
  it('returns every default for an empty configuration', () => {
    expect(toConfig({})).to.deep.equal({
      network: { name: 'av_telemetry' },
      postgres: {
        instances: 1,
        hostPort: 54321,
        database: 'av_telemetry',
        table: 'diag',
        retentionDays: 30,
        keepData: false,
        external: {
          ...{ host: '', port: 5432, database: '', user: 'av_telemetry', passwordFile: '' },
          tls: { mode: 'verify-full', authorityFile: '' },
          roles: {
            ...{ given: false, writerPasswordFile: '', workerPasswordFile: '' },
            ...{ operatorPasswordFile: '', readerPasswordFile: '' },
          },
          ignoreOwnData: false,
        },
      },
      zookeeper: { instances: 1, hostPort: 2181, heapMegabytes: 128 },
      kafka: {
        instances: 1,
        hostPort: 9092,
        heapMegabytes: 384,
        topic: 'test_topic',
        partitions: 6,
        replicationFactor: 1,
        minInsyncReplicas: 1,
        retentionHours: 168,
        flushEachBatch: false,
        external: {
          brokers: [],
          tls: { enabled: true, authorityFile: '' },
          sasl: { mechanism: '', usernameFile: '', passwordFile: '' },
          ignoreOwnData: false,
        },
      },
      ingress: {
        instances: 1,
        hostPort: 5001,
        hostAddress: '0.0.0.0',
        hostNames: '',
        path: '/events',
        tokenFile: '',
        maxReadingsPerSecondPerClient: 0,
        tls: { certFile: '', keyFile: '', selfSigned: false, minVersion: '1.2' },
        addressFile: '/tmp/launch_infra_http_server.log',
      },
      devices: { unknown: '' },
      producer: {
        instances: 1,
        hostPort: 5101,
        opsHostPort: 5301,
        maxPendingMegabytes: 32,
        maxLag: 0,
      },
      consumer: { instances: 1, opsHostPort: 5401, accountCheckHours: 1 },
      worker: {
        ...{ instances: 1, opsHostPort: 5601, hostAddress: '', kafkaHostPort: 9192, folder: '' },
        ...{ handlerProcesses: 4, handlerMegabytes: 128, allowedUrls: '', allowShell: false },
      },
      files: { enabled: false, tikaUrl: '', maxUploadMegabytes: 1_000 },
      objects: {
        ...{ endpoint: '', hostPort: 7_070, region: 'us-east-1', bucket: 'etl' },
        ...{ accessKeyFile: '', secretKeyFile: '' },
      },
      clickhouse: { url: '', user: 'default', passwordFile: '' },
      dashboard: {
        instances: 1,
        hostPort: 5002,
        opsHostPort: 5501,
        public: false,
        secureCookie: false,
        tokenFile: '',
        staleAfterSeconds: 15,
        silentAfterSeconds: 300,
        maxVehicles: 20_000,
        maxStreamsPerClient: 32,
        tilesUrl: '',
        pmtilesFile: '',
        tilesAttribution: '',
        trips: {
          jumpMetres: 100,
          jumpMetresPerSecond: 70,
          jumpReadings: 3,
          stopSeconds: 120,
          stopMetres: 30,
          leaveMetres: 60,
          leaveReadings: 2,
          leaveAtOnceMetres: 300,
          silenceFactor: 3,
          silenceIntervals: 10,
          silenceMinIntervals: 3,
          silenceMinSeconds: 300,
          silenceMaxSeconds: 3_600,
          silenceMetres: 60,
          tripMetres: 100,
          pointMetres: 15,
          borderMinutes: 30,
        },
      },
      fleet: {
        numVehicles: 10,
        reportIntervalSeconds: 1,
        journalMegabytes: 64,
        origin: { latitude: 37.7749, longitude: -122.4194, altitude: 16 },
      },
      images: {
        node: 'node:24-slim',
        registry: '',
        postgres: 'postgres:18.4',
        zookeeper: 'zookeeper:3.8.4',
        kafka: 'apache/kafka:3.9.2',
        haproxy: 'haproxy:3.0',
        versitygw: 'versity/versitygw:v1.8.0',
      },
      kubernetes: {
        namespace: 'av-telemetry',
        storageClass: '',
        volumeGigabytes: 20,
        oneServerPerNode: true,
        service: 'ClusterIP',
      },
      services: { logLevel: 'info', maxConnectionsPerClient: 1_024 },
    })
  })

  it('keeps the values of the file and uses defaults for missing keys', () => {
    const config = toConfig({ $schema: './x', kafka: { partitions: 12 }, fleet: { origin: {} } })
    expect(config.kafka.partitions).to.equal(12)
    expect(config.kafka.topic).to.equal('test_topic')
    expect(config.fleet.origin.latitude).to.equal(37.7749)
  })

  it('returns a deeply frozen configuration', () => {
    const config = toConfig({})
    expect(Object.isFrozen(config)).to.equal(true)
    expect(Object.isFrozen(config.fleet.origin)).to.equal(true)
  })

  it('does not modify its input', () => {
    const tree = { kafka: { partitions: 1 } }
    toConfig(tree, ['kafka.partitions=2', 'fleet.origin.latitude=1'])
    expect(tree).to.deep.equal({ kafka: { partitions: 1 } })
  })

  for (const [tree, given] of [
    [[], 'array (got [])'],
    [null, 'null (got null)'],
    ['text', 'string (got "text")'],
  ] as const) {
    it(`refuses a configuration that is ${JSON.stringify(tree)} instead of an object`, () => {
      expect(faultsOf(tree)).to.deep.equal([`the file: expected object, received ${given}`])
    })
  }
})

describe('configuration option --set', () => {
  it('sets numbers, booleans and strings at the given path', () => {
    const config = toConfig({ kafka: { partitions: 3 } }, [
      'kafka.partitions=12',
      'kafka.flushEachBatch=true',
      'postgres.table=readings',
      'fleet.origin.latitude=-33.5',
      'fleet.reportIntervalSeconds=0.5',
    ])
    expect(config.kafka.partitions).to.equal(12)
    expect(config.kafka.flushEachBatch).to.equal(true)
    expect(config.postgres.table).to.equal('readings')
    expect(config.fleet.origin).to.deep.equal({
      latitude: -33.5,
      longitude: -122.4194,
      altitude: 16,
    })
    expect(config.fleet.reportIntervalSeconds).to.equal(0.5)
  })

  it('accepts a whole section as JSON', () => {
    const config = toConfig({}, ['fleet.origin={"latitude":1,"longitude":2,"altitude":3}'])
    expect(config.fleet.origin).to.deep.equal({ latitude: 1, longitude: 2, altitude: 3 })
  })

  it('accepts an empty string, a quoted string and a string with an equals sign', () => {
    const config = toConfig({}, ['ingress.addressFile=', 'ingress.tokenFile="/run/a=b"'])
    expect(config.ingress.addressFile).to.equal('')
    expect(config.ingress.tokenFile).to.equal('/run/a=b')
    expect(toConfig({}, ['ingress.tokenFile=/a=b']).ingress.tokenFile).to.equal('/a=b')
  })

  it('uses the last value when a key is set twice', () => {
    expect(toConfig({}, ['kafka.partitions=2', 'kafka.partitions=3']).kafka.partitions).to.equal(3)
  })

  it('reports a malformed setting and a path through a value', () => {
    const faults = faultsOf({ kafka: { topic: 'x' } }, ['partitions', '=1', 'kafka.topic.x=1'])
    expect(faults).to.deep.equal([
      'partitions: expected --set path.to.key=value',
      '=1: expected --set path.to.key=value',
      'kafka.topic.x: topic is not a section',
    ])
  })

  it('reports an unknown key and does not change Object.prototype', () => {
    const faults = faultsOf({}, ['kafka.zork=1', 'constructor.prototype.polluted=1'])
    expect(faults.map((fault) => fault.split(':')[0])).to.deep.equal(['kafka.zork', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
  })
})

describe('configuration errors', () => {
  it('are reported together, each with its path and the expected value', () => {
    const tree = {
      postgres: { table: 'Diag', hostPort: 0 },
      kafka: { partitions: 'six', replicationFactor: 3, flushEachBatch: 1 },
      ingress: { path: 'events', hostAddress: 'localhost' },
      consumer: 7,
      dashboard: { tilesUrl: 'https://{s}.tiles.example.com/{z}/{x}/{y}.png' },
      fleet: { origin: { longitude: 181 } },
      services: { logLevel: 'loud' },
    }
    expect(faultsOf(tree)).to.deep.equal([
      'postgres.hostPort: Too small: expected number to be >=1 (got 0)',
      'postgres.table: expected a lower-case SQL name of up to 40 characters (got "Diag")',
      'kafka.partitions: expected number, received string (got "six")',
      'kafka.flushEachBatch: expected boolean, received number (got 1)',
      'ingress.hostAddress: expected an IPv4 or IPv6 address (got "localhost")',
      'ingress.path: expected \'/\' and one path segment (got "events")',
      'consumer: expected object, received number (got 7)',
      'dashboard.tilesUrl: expected an http or https URL with {z}, {x} and {y} in its path (got "https://{s}.tiles.example.com/{z}/{x}/{y}.png")',
      'fleet.origin.longitude: Too big: expected number to be <=180 (got 181)',
      'services.logLevel: expected one of "error"|"warn"|"info"|"debug" (got "loud")',
      'kafka.replicationFactor: 3 replicas need 3 brokers, but kafka.instances is 1',
    ])
  })

  it('list the known keys when a key is unknown', () => {
    expect(
      faultsOf({ zork: 1, fleet: { origin: { lat: 1 } }, consumer: { count: 1 } }),
    ).to.deep.equal([
      'consumer.count: unknown key; expected one of: instances, opsHostPort, accountCheckHours',
      'fleet.origin.lat: unknown key; expected one of: latitude, longitude, altitude',
      'zork: unknown key; expected one of: network, postgres, zookeeper, kafka, ingress, devices, producer, consumer, worker, files, objects, clickhouse, dashboard, fleet, images, kubernetes, services',
    ])
  })

  it('appear in the message one per line, after the name of the file', () => {
    const load = () => toConfig({ zookeeper: { instances: 2 } }, [], 'my.json')
    expect(load).to.throw(
      ConfigError,
      'The configuration (my.json) cannot be used:\n  zookeeper.instances: 2 is even, which survives no more failures than 1; expected an odd number',
    )
  })
})

import { expect } from 'chai'
import { aPlatform, largePlatform } from './a-platform.ts'

const single = aPlatform()
const large = aPlatform(largePlatform)
const open = aPlatform({ worker: { hostAddress: '192.0.2.7' } })
const settingsOf = (platform: typeof single, name: string) =>
  platform.services.find((plan) => plan.name === name)?.settings ?? {}

describe('Postgres settings', () => {
  it('enable durability explicitly and listen only on loopback', () => {
    const settings = settingsOf(single, 'postgres-0')
    expect(settings['fsync']).to.equal('on')
    expect(settings['synchronous_commit']).to.equal('on')
    expect(settings['listen_addresses']).to.equal('127.0.0.1')
    expect(settings['port']).to.equal('54321')
  })

  it('with worker.hostAddress admit only the roles of workers from other machines', () => {
    const settings = settingsOf(open, 'postgres-0')
    expect(settings['listen_addresses']).to.equal('127.0.0.1,192.0.2.7')
    expect(settings['max_connections']).to.equal('200')
    const postgres = ({ services }: typeof open) => services.find(({ role }) => role === 'postgres')
    expect(postgres(open)?.access).to.deep.equal([
      'host all all 127.0.0.1/32 scram-sha-256',
      'host all all ::1/128 scram-sha-256',
      'host all telemetry_worker,telemetry_reader all scram-sha-256',
    ])
    expect(postgres(single)?.access).to.equal(undefined)
  })

  it('allow enough connections for all configured instances', () => {
    expect(settingsOf(single, 'postgres-0')['max_connections']).to.equal('100')
    const many = aPlatform({ consumer: { instances: 40 }, producer: { instances: 16 } })
    expect(settingsOf(many, 'postgres-0')['max_connections']).to.equal('775')
    const withClickHouse = aPlatform({
      ...{ consumer: { instances: 40 }, producer: { instances: 16 } },
      ...{ files: { enabled: true }, clickhouse: { url: 'http://127.0.0.1:8123' } },
    })
    // Eight connections for files, and one for the copy of their status.
    expect(settingsOf(withClickHouse, 'postgres-0')['max_connections']).to.equal('784')
  })
})

describe('ZooKeeper settings', () => {
  it('of a single server list no other servers', () => {
    const settings = settingsOf(single, 'zookeeper-0')
    expect(settings['clientPort']).to.equal('2181')
    expect(settings['dataDir']).to.equal('/state/data/zookeeper-0/data')
    expect(settings['admin.enableServer']).to.equal('false')
    expect(Object.keys(settings).filter((name) => name.startsWith('server.'))).to.deep.equal([])
  })

  it('let only sessions with a login read and write', () => {
    for (const platform of [single, large]) {
      const settings = settingsOf(platform, 'zookeeper-0')
      expect(settings['enforce.auth.enabled']).to.equal('true')
      expect(settings['enforce.auth.schemes']).to.equal('sasl')
    }
  })

  it('of three servers accept only authenticated servers into the quorum', () => {
    const quorum = (platform: typeof single) =>
      ['enableSasl', 'learnerRequireSasl', 'serverRequireSasl'].map(
        (name) => settingsOf(platform, 'zookeeper-0')[`quorum.auth.${name}`],
      )
    expect(quorum(large)).to.deep.equal(['true', 'true', 'true'])
    expect(quorum(single)).to.deep.equal([undefined, undefined, undefined])
  })

  it('of each of three servers list all three, numbered from 1', () => {
    for (const [instance, port] of [2181, 2182, 2183].entries()) {
      const settings = settingsOf(large, `zookeeper-${instance}`)
      expect(settings['clientPort']).to.equal(String(port))
      const servers = Object.entries(settings).filter(([name]) => name.startsWith('server.'))
      expect(Object.fromEntries(servers)).to.deep.equal({
        'server.1': '127.0.0.1:2281:2381',
        'server.2': '127.0.0.1:2282:2382',
        'server.3': '127.0.0.1:2283:2383',
      })
    }
  })
})

describe('Kafka settings', () => {
  const replicas = (settings: Readonly<Record<string, string>>) => [
    settings['default.replication.factor'],
    settings['offsets.topic.replication.factor'],
    settings['transaction.state.log.replication.factor'],
    settings['transaction.state.log.min.isr'],
  ]

  it('of every broker limit transactions to a minute', () => {
    for (const name of ['kafka-0', 'kafka-1', 'kafka-2']) {
      expect(settingsOf(large, name)['transaction.max.timeout.ms']).to.equal('60000')
    }
  })

  it('of a single broker give internal topics one replica', () => {
    const settings = settingsOf(single, 'kafka-0')
    expect(replicas(settings)).to.deep.equal(['1', '1', '1', '1'])
    expect(settings['zookeeper.connect']).to.equal('127.0.0.1:2181')
  })

  it('of three brokers have different ids, addresses and log folders', () => {
    for (const instance of [0, 1, 2]) {
      const settings = settingsOf(large, `kafka-${instance}`)
      const address = `SERVICES://127.0.0.1:${9092 + instance}`
      expect(settings['broker.id']).to.equal(String(instance))
      expect(settings['listeners']).to.equal(address)
      expect(settings['advertised.listeners']).to.equal(address)
      expect(settings['log.dirs']).to.equal(`/state/data/kafka-${instance}/data`)
    }
  })

  it('with worker.hostAddress add a listener with a login for workers on other machines', () => {
    const settings = settingsOf(open, 'kafka-0')
    const addresses = 'SERVICES://127.0.0.1:9092,WORKERS://192.0.2.7:9192'
    expect(settings['listeners']).to.equal(addresses)
    expect(settings['advertised.listeners']).to.equal(addresses)
    expect(settings['listener.security.protocol.map']).to.equal(
      'SERVICES:SASL_PLAINTEXT,WORKERS:SASL_PLAINTEXT',
    )
    expect(settings['inter.broker.listener.name']).to.equal('SERVICES')
    expect(settings['listener.name.workers.sasl.enabled.mechanisms']).to.equal('SCRAM-SHA-256')
  })

  it('of every broker require authentication on each listener, also of the other brokers', () => {
    for (const name of ['kafka-0', 'kafka-1', 'kafka-2']) {
      const settings = settingsOf(large, name)
      expect(settings['listener.security.protocol.map']).to.equal('SERVICES:SASL_PLAINTEXT')
      expect(settings['sasl.enabled.mechanisms']).to.equal('PLAIN')
      expect(settings['inter.broker.listener.name']).to.equal('SERVICES')
      expect(settings['sasl.mechanism.inter.broker.protocol']).to.equal('PLAIN')
    }
  })

  it('of three brokers use three replicas and list every ZooKeeper server', () => {
    const settings = settingsOf(large, 'kafka-2')
    expect(replicas(settings)).to.deep.equal(['3', '3', '3', '2'])
    expect(settings['zookeeper.connect']).to.equal('127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183')
  })

  it('disable unclean leader election and automatic topic creation', () => {
    const settings = settingsOf(large, 'kafka-0')
    expect(settings['unclean.leader.election.enable']).to.equal('false')
    expect(settings['auto.create.topics.enable']).to.equal('false')
  })
})

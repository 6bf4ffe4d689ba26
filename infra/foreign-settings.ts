import type { PlatformConfig } from './config-schema.ts'
import { zookeeperQuorumPorts } from './host-ports.ts'
import type { Address } from './address.ts'
import type { Placement } from './placement.ts'
import { inText } from './address.ts'

/** Settings of the servers that are not ours, under the names that they use themselves. */
type Settings = Record<string, string>

/** `postgresql.conf`; memory is for a small box, durability is Postgres' own default, said aloud. */
export function postgresSettings(config: PlatformConfig, listen: Address): Settings {
  return {
    listen_addresses: listen.host,
    port: String(listen.port),
    fsync: 'on',
    synchronous_commit: 'on',
    shared_buffers: '96MB',
    // Left alone it follows shared_buffers, and whoever writes rows waits for whoever commits.
    wal_buffers: '16MB',
    max_wal_size: '1GB',
    max_connections: String(connectionsFor(config)),
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A broken network must not leave a session of ours holding its ledger row for two hours.
    tcp_keepalives_idle: '10',
    tcp_keepalives_interval: '5',
    tcp_keepalives_count: '3',
  }
}

/** Postgres' own default, or more where there are many instances that may all be busy at once. */
function connectionsFor({ producer, consumer, dashboard }: PlatformConfig): number {
  const forPeople = 20
  const mostOfEach = 12
  const instances = producer.instances + consumer.instances + dashboard.instances
  return Math.max(100, forPeople + instances * mostOfEach)
}

/** `zoo.cfg`. */
export function zookeeperSettings(
  config: PlatformConfig,
  placement: Placement,
  instance: number,
): Settings {
  const listen = placement.listen('zookeeper', instance, 'main')
  return {
    tickTime: '2000',
    initLimit: '10',
    syncLimit: '5',
    dataDir: placement.dataFile('zookeeper', instance, 'data'),
    clientPort: String(listen.port),
    clientPortAddress: listen.host,
    'admin.enableServer': 'false',
    'autopurge.purgeInterval': '24',
    ...(config.zookeeper.instances > 1 ? ensemble(config, placement) : {}),
  }
}

function ensemble(config: PlatformConfig, placement: Placement): Settings {
  const servers = Array.from({ length: config.zookeeper.instances }, (_, instance) => {
    const { host, port } = placement.reach('zookeeper', instance, 'main')
    const { peer, election } = zookeeperQuorumPorts(port)
    return [`server.${instance + 1}`, `${host}:${peer}:${election}`]
  })
  return Object.fromEntries(servers) as Settings
}

/** `server.properties`. */
export function kafkaSettings(
  config: PlatformConfig,
  placement: Placement,
  instance: number,
): Settings {
  const { kafka, zookeeper } = config
  const ensembleAddresses = Array.from({ length: zookeeper.instances }, (_, index) =>
    inText(placement.reach('zookeeper', index, 'main')),
  )
  const internalReplicas = String(Math.min(3, kafka.instances))
  return {
    'broker.id': String(instance),
    ...listenerSettings(placement, instance),
    'zookeeper.connect': ensembleAddresses.join(','),
    // Short, so that a broker killed with -9 can register again soon after its restart.
    'zookeeper.session.timeout.ms': '6000',
    'log.dirs': placement.dataFile('kafka', instance, 'data'),
    'auto.create.topics.enable': 'false',
    'unclean.leader.election.enable': 'false',
    'offsets.topic.replication.factor': internalReplicas,
    'offsets.topic.num.partitions': '10',
    'transaction.state.log.replication.factor': internalReplicas,
    'transaction.state.log.min.isr': String(Math.min(2, kafka.instances)),
    'default.replication.factor': String(kafka.replicationFactor),
    'group.initial.rebalance.delay.ms': '0',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '16777216',
  }
}

/** Clients are sent to the address of the listener through which they came (Kafka documentation, listeners). */
function listenerSettings(placement: Placement, instance: number): Settings {
  const listen = `PLAINTEXT://${inText(placement.listen('kafka', instance, 'main'))}`
  const reach = `PLAINTEXT://${inText(placement.reach('kafka', instance, 'main'))}`
  const host = placement.hostListener?.(instance)
  if (!host) return { listeners: listen, 'advertised.listeners': reach }
  return {
    listeners: `${listen},HOST://${inText(host.listen)}`,
    'advertised.listeners': `${reach},HOST://${inText(host.reach)}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,HOST:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
  }
}

import { addressText } from '../addresses.ts'
import type { Env } from '../environment.ts'
import type { PlanContext, RoleFile } from '../role-file.ts'
import { zookeeper } from './zookeeper.ts'

/** Carries the readings from the producers to the consumers. */
export const kafka: RoleFile = {
  name: 'kafka',
  instances: ({ kafka }) => kafka.instances,
  needs: [zookeeper],
  stop: { rank: 4, graceMs: 4_000 },
  ports: {
    main: {
      container: 9092,
      publishedContainer: 19_092,
      host: ({ kafka }) => kafka.hostPort,
      key: 'kafka.hostPort',
    },
  },
  cluster: 'replicas',
  image: { from: 'kafka', isBuilt: false },
  // Memory of the JVM beyond its heap, and page cache for recent records.
  memoryBesideHeapMegabytes: 640,
  volume: { path: '/var/lib/kafka/data', holds: 'data' },
  watch: { port: 'main', path: () => '' },
  plan: (context, instance) => ({
    settings: settingsFor(context, instance),
    heapMegabytes: context.config.kafka.heapMegabytes,
    ready: { kind: 'broker', address: context.placement.reach(kafka.name, instance, 'main') },
  }),
}

/** `server.properties`. */
function settingsFor(context: PlanContext, instance: number): Record<string, string> {
  const { config, placement } = context
  const internalReplicas = String(Math.min(3, config.kafka.instances))
  return {
    'broker.id': String(instance),
    ...listenerSettings(context, instance),
    'zookeeper.connect': addressesOf(zookeeper, context),
    // Short, so that a broker killed with -9 can register again soon after its restart.
    'zookeeper.session.timeout.ms': '6000',
    'log.dirs': placement.dataFile(kafka.name, instance, 'data'),
    'auto.create.topics.enable': 'false',
    'unclean.leader.election.enable': 'false',
    'offsets.topic.replication.factor': internalReplicas,
    'offsets.topic.num.partitions': '10',
    'transaction.state.log.replication.factor': internalReplicas,
    'transaction.state.log.min.isr': String(Math.min(2, config.kafka.instances)),
    // Our clients use no transactions. The broker aborts another client's open one after this time.
    'transaction.max.timeout.ms': '60000',
    // For topics of other applications, and those that workers create.
    'num.partitions': String(config.kafka.partitions),
    'default.replication.factor': String(config.kafka.replicationFactor),
    'group.initial.rebalance.delay.ms': '0',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '16777216',
  }
}

/** A client is redirected to the address of the listener that it used (Kafka documentation, listeners). */
function listenerSettings({ placement }: PlanContext, instance: number): Record<string, string> {
  const listen = `PLAINTEXT://${addressText(placement.listen(kafka.name, instance, 'main'))}`
  const reach = `PLAINTEXT://${addressText(placement.reach(kafka.name, instance, 'main'))}`
  const host = placement.hostListener?.(instance)
  if (!host) return { listeners: listen, 'advertised.listeners': reach }
  return {
    listeners: `${listen},HOST://${addressText(host.listen)}`,
    'advertised.listeners': `${reach},HOST://${addressText(host.reach)}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,HOST:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
  }
}

/** The variables that name Kafka, for our services. */
export function kafkaEnv(context: PlanContext): Env {
  return {
    KAFKA_BROKERS: addressesOf(kafka, context),
    KAFKA_TOPIC: context.config.kafka.topic,
  }
}

/** Addresses of every instance of a role, separated by commas. */
function addressesOf(role: RoleFile, { config, placement }: PlanContext): string {
  const addresses = Array.from({ length: role.instances(config) }, (_, instance) =>
    addressText(placement.reach(role.name, instance, 'main')),
  )
  return addresses.join(',')
}

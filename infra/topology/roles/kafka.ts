import type { Address } from '../addresses.ts'
import { addressText, brokerForWorkers, isOpenForWorkers } from '../addresses.ts'
import type { Env } from '../environment.ts'
import { externalKafkaEnv, hasOwnKafka } from '../external/kafka.ts'
import { brokerLogins, kafkaUser, secretsOf } from '../logins/jaas.ts'
import type { PlanContext, RoleFile } from '../role-file.ts'
import { zookeeper } from './zookeeper.ts'

/** Carries the readings from the producers to the consumers. */
export const kafka: RoleFile = {
  name: 'kafka',
  instances: (config) => (hasOwnKafka(config) ? config.kafka.instances : 0),
  needs: [zookeeper],
  stop: { rank: 4, graceMs: 4_000 },
  ports: {
    main: {
      container: 9092,
      publishedContainer: () => 19_092,
      host: ({ kafka }) => kafka.hostPort,
      key: 'kafka.hostPort',
    },
    workers: {
      container: 19_093,
      host: ({ worker }) => worker.kafkaHostPort,
      key: 'worker.kafkaHostPort',
      isOpen: isOpenForWorkers,
      hostAddress: ({ worker }) => ({ host: worker.hostAddress, hostKey: 'worker.hostAddress' }),
    },
  },
  cluster: 'replicas',
  secrets: secretsOf(brokerLogins),
  image: { from: 'kafka', isBuilt: false },
  // Memory of the JVM beyond its heap, and page cache for recent records.
  memoryBesideHeapMegabytes: 640,
  volume: { path: '/var/lib/kafka/data', holds: 'data' },
  watch: { port: 'main', path: () => '' },
  plan: (context, instance) => ({
    settings: settingsFor(context, instance),
    logins: brokerLogins,
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

type Listener = {
  readonly name: string
  readonly listen: Address
  readonly reach: Address
}

/** The listener of our services and of the brokers among themselves. */
const mainListener = 'SERVICES'

/**
 * A client is redirected to the address of the listener that it used (Kafka documentation, listeners).
 * Each listener requires a password: other users of this machine reach them too.
 */
function listenerSettings(context: PlanContext, instance: number): Record<string, string> {
  const listeners = listenersOf(context, instance)
  const join = (toText: (listener: Listener) => string): string => listeners.map(toText).join(',')
  return {
    listeners: join(({ name, listen }) => `${name}://${addressText(listen)}`),
    'advertised.listeners': join(({ name, reach }) => `${name}://${addressText(reach)}`),
    'listener.security.protocol.map': join(({ name }) => `${name}:SASL_PLAINTEXT`),
    'inter.broker.listener.name': mainListener,
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    ...(isOpenForWorkers(context.config) && workerLoginSettings),
  }
}

function listenersOf({ placement, config }: PlanContext, instance: number): Listener[] {
  const listen = placement.listen(kafka.name, instance, 'main')
  const reach = placement.reach(kafka.name, instance, 'main')
  const host = placement.hostListener?.(instance)
  const listeners: Listener[] = [{ name: mainListener, listen, reach }]
  if (host) listeners.push({ name: 'HOST', ...host })
  if (isOpenForWorkers(config)) {
    listeners.push({
      name: 'WORKERS',
      listen: placement.listen(kafka.name, instance, 'workers'),
      reach: brokerForWorkers(config, instance),
    })
  }
  return listeners
}

/** Workers on other machines log in. Provisioning stores the hash of their password in ZooKeeper. */
const workerLoginSettings = {
  'listener.name.workers.sasl.enabled.mechanisms': 'SCRAM-SHA-256',
  'listener.name.workers.scram-sha-256.sasl.jaas.config':
    'org.apache.kafka.common.security.scram.ScramLoginModule required;',
}

/** The variables that name Kafka, for our services. */
export function kafkaEnv(context: PlanContext): Env {
  if (!hasOwnKafka(context.config)) return externalKafkaEnv(context)
  return {
    KAFKA_BROKERS: addressesOf(kafka, context),
    KAFKA_TOPIC: context.config.kafka.topic,
    KAFKA_USER: kafkaUser,
    KAFKA_PASSWORD_FILE: context.placement.secretFile('kafka'),
  }
}

/** Addresses of every instance of a role, separated by commas. */
function addressesOf(role: RoleFile, { config, placement }: PlanContext): string {
  const addresses = Array.from({ length: role.instances(config) }, (_, instance) =>
    addressText(placement.reach(role.name, instance, 'main')),
  )
  return addresses.join(',')
}

import type { KafkaLogin } from '../../../services/adapters/kafka/requests/login-request.ts'

/** What differs between two starts of a managed Kafka. */
export type KafkaNode = {
  readonly folder: string
  /** Port of the listener for clients; the next one is that of the controller. */
  readonly port: number
  /** Whether clients may also connect without TLS and login, at the port after that of the controller. */
  readonly hasPlain: boolean
  readonly administrator: KafkaLogin
  readonly client: KafkaLogin
  readonly keystoreFile: string
  readonly truststoreFile: string
}

/**
 * `server.properties` of a broker that is also the controller. Clients use TLS and a login. A user has no right
 * by default; only the administrator may do everything.
 */
export function kafkaProperties(node: KafkaNode): string {
  const { folder, port, hasPlain, administrator, keystoreFile, truststoreFile } = node
  const plain = port + 2
  const controller = `127.0.0.1:${port + 1}`
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://${controller}${hasPlain ? `,PLAIN://127.0.0.1:${plain}` : ''}`,
    'advertised.listeners': `CLIENTS://localhost:${port}${hasPlain ? `,PLAIN://localhost:${plain}` : ''}`,
    'listener.security.protocol.map': 'CLIENTS:SASL_SSL,CONTROLLER:SASL_PLAINTEXT,PLAIN:PLAINTEXT',
    'inter.broker.listener.name': 'CLIENTS',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.controller.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.controller.plain.sasl.jaas.config': plainLogins(node),
    'listener.name.clients.plain.sasl.jaas.config': plainLogins(node),
    'listener.name.clients.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.clients.scram-sha-512.sasl.jaas.config': scram,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${administrator.username}`,
    'allow.everyone.if.no.acl.found': 'false',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystoreFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': truststoreFile,
    // The broker also connects to itself. A test may give it a certificate for another name.
    'ssl.endpoint.identification.algorithm': '',
    'log.dirs': `${folder}/data`,
    ...smallServer,
  }
  return toProperties(settings)
}

/** One node, and no pause before a consumer group starts. */
const smallServer = {
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'log.cleaner.dedupe.buffer.size': '16777216',
}

/** The users who log in by PLAIN, and the login of the broker itself. */
function plainLogins({ administrator, client }: KafkaNode): string {
  const users = [administrator, client].map(
    ({ username, password }) => `user_${username}="${password}"`,
  )
  const own = `username="${administrator.username}" password="${administrator.password}"`
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${own} ${users.join(' ')};`
}

/** Settings of Kafka's own tools for a login. */
export function toolProperties(login: KafkaLogin, truststoreFile: string): string {
  const { username, password } = login
  return toProperties({
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="${username}" password="${password}";`,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': truststoreFile,
    'ssl.endpoint.identification.algorithm': '',
  })
}

function toProperties(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  return `${lines.join('\n')}\n`
}

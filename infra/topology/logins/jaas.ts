import type { SecretName } from '../placement.ts'

/**
 * The logins of Kafka and ZooKeeper. Java reads them from a JAAS file. Its contents are secret, so a
 * target writes it with mode 0600, and only its path is on a command line.
 */

/** The user of Kafka: our services, the brokers among themselves, and commands. */
export const kafkaUser = 'av_telemetry'
/** The user of ZooKeeper: the brokers. */
const zookeeperUser = 'kafka'
/** The user of the ZooKeeper servers among themselves. */
const quorumUser = 'zookeeper'

/** A section of a JAAS file. */
export type JaasSection = {
  readonly name: 'KafkaServer' | 'Client' | 'Server' | 'QuorumServer' | 'QuorumLearner'
  /** The class of the login module. */
  readonly module: string
  /** Options with a constant value. */
  readonly constants?: Readonly<Record<string, string>>
  /** Options whose value is a password. */
  readonly passwords: Readonly<Record<string, SecretName>>
}

const plainModule = 'org.apache.kafka.common.security.plain.PlainLoginModule'
const digestModule = 'org.apache.zookeeper.server.auth.DigestLoginModule'

/** The logins of a broker: which user it accepts, and who it is at other brokers and at ZooKeeper. */
export const brokerLogins: readonly JaasSection[] = [
  {
    name: 'KafkaServer',
    module: plainModule,
    constants: { username: kafkaUser },
    passwords: { password: 'kafka', [`user_${kafkaUser}`]: 'kafka' },
  },
  {
    name: 'Client',
    module: digestModule,
    constants: { username: zookeeperUser },
    passwords: { password: 'zookeeper' },
  },
]

/** The logins of a ZooKeeper server: of the brokers, and of the servers among themselves. */
export const zookeeperLogins: readonly JaasSection[] = [
  { name: 'Server', module: digestModule, passwords: { [`user_${zookeeperUser}`]: 'zookeeper' } },
  {
    name: 'QuorumServer',
    module: digestModule,
    passwords: { [`user_${quorumUser}`]: 'zookeeper' },
  },
  {
    name: 'QuorumLearner',
    module: digestModule,
    constants: { username: quorumUser },
    passwords: { password: 'zookeeper' },
  },
]

/** The secrets that the sections contain. */
export function secretsOf(sections: readonly JaasSection[]): SecretName[] {
  return [...new Set(sections.flatMap(({ passwords }) => Object.values(passwords)))]
}

/**
 * The content of a JAAS file.
 *
 * @param passwordOf the password of a secret: letters, digits, `-` and `_`, which need no escapes
 */
export function jaasText(
  sections: readonly JaasSection[],
  passwordOf: (secret: SecretName) => string,
): string {
  return sections.map((section) => sectionText(section, passwordOf)).join('\n')
}

function sectionText(
  { name, module, constants = {}, passwords }: JaasSection,
  passwordOf: (secret: SecretName) => string,
): string {
  const fromSecrets = Object.entries(passwords).map(
    ([option, secret]) => [option, passwordOf(secret)] as const,
  )
  const options = [...Object.entries(constants), ...fromSecrets]
  const lines = options.map(([option, value]) => `  ${option}="${value}"`)
  return `${name} {\n  ${module} required\n${lines.join('\n')};\n};\n`
}

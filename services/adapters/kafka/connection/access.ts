import type { EnvironmentReader } from '../../../runtime/env.ts'
import type { ClosableKafkaConfig } from '../closable-kafka.ts'
import type { KafkaLogin } from '../requests/login-request.ts'

/** How a client reaches the brokers: addresses, encryption and login. */
export type KafkaAccess = {
  readonly brokers: readonly string[]
  /** Set for an existing Kafka, whose topics keep their settings (`kafka.external`). */
  readonly isExternal?: true
  /** Undefined if the brokers do not require a login. */
  readonly login?: ClientLogin
  /** Undefined if connections are not encrypted. */
  readonly tls?: KafkaTls
  /** Where the client reaches a broker instead, by the address `HOST:PORT` that the broker has in Kafka. */
  readonly reachedAt?: ClosableKafkaConfig['reachedAt']
}

/** SASL/PLAIN on the machine and in the network of the platform, SCRAM from other machines. */
export type PlatformLogin = KafkaLogin & { readonly mechanism: 'plain' | 'scram-sha-256' }

/** The login at an existing Kafka. The files are read for each new connection, so that renewed ones count. */
type FileLogin = {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly usernameFile: string
  readonly passwordFile: string
}

export type ClientLogin = PlatformLogin | FileLogin

export type KafkaTls = {
  /**
   * PEM file with the authorities that sign the certificates of the brokers. It is read for each new connection.
   * Undefined: the authorities of Node.
   */
  readonly authorityFile?: string
}

const mechanisms: readonly FileLogin['mechanism'][] = ['plain', 'scram-sha-256', 'scram-sha-512']
const expectedMechanism = mechanisms.join(', ')

/** The brokers, the topic, encryption and login, from `KAFKA_*`. */
export function readKafkaEnv(env: EnvironmentReader): KafkaAccess & { readonly topic: string } {
  const brokers = env.list('KAFKA_BROKERS', 'a list of brokers as host:port, separated by commas')
  const topic = env.text('KAFKA_TOPIC', 'the name of the topic')
  const isExternal = env.optionalText('KAFKA_EXTERNAL') !== undefined
  return { brokers, topic, ...(isExternal ? externalAccess(env) : { login: platformLogin(env) }) }
}

function platformLogin(env: EnvironmentReader): PlatformLogin {
  return {
    mechanism: 'plain',
    username: env.text('KAFKA_USER', 'the name of the login at Kafka'),
    password: env.fileContent('KAFKA_PASSWORD_FILE', 'a file with the password of this login'),
  }
}

/** An existing Kafka: TLS and login are optional. */
function externalAccess(env: EnvironmentReader): Omit<KafkaAccess, 'brokers'> {
  const authorityFile = env.optionalText('KAFKA_AUTHORITY_FILE')
  const tls = authorityFile === undefined ? {} : { authorityFile }
  const login = externalLogin(env)
  return { isExternal: true, ...(env.flag('KAFKA_TLS') && { tls }), ...(login && { login }) }
}

function externalLogin(env: EnvironmentReader): FileLogin | undefined {
  const variable = 'KAFKA_SASL_MECHANISM'
  const text = env.optionalText(variable)
  if (text === undefined) return undefined
  const mechanism = mechanisms.find((known) => known === text)
  env.expect(mechanism !== undefined, variable, expectedMechanism)
  return {
    mechanism: mechanism ?? 'plain',
    usernameFile: env.text('KAFKA_USERNAME_FILE', 'a file with the name of the login at Kafka'),
    passwordFile: env.text('KAFKA_PASSWORD_FILE', 'a file with the password of this login'),
  }
}

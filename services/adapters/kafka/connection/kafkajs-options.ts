import type { KafkaConfig, SASLOptions } from 'kafkajs'
import { readRegularFile } from '../../../runtime/process/regular-file.ts'
import type { ClosableKafkaConfig } from '../closable-kafka.ts'
import type { ClientLogin, KafkaAccess, KafkaTls } from './access.ts'

type ConnectionOptions = Pick<KafkaConfig, 'brokers' | 'sasl' | 'ssl'> &
  Pick<ClosableKafkaConfig, 'reachedAt'>

/**
 * Addresses, encryption and login, as kafkajs takes them. kafkajs reads user name, password and authorities for each
 * new connection. Those in files are read from their files then. A file that cannot be used makes the connection
 * fail with a sentence that names it.
 */
export function toConnection({ brokers, login, tls, reachedAt }: KafkaAccess): ConnectionOptions {
  return {
    brokers: [...brokers],
    ...(login && { sasl: saslOf(login) }),
    ...(tls && { ssl: sslOf(tls) }),
    ...(reachedAt && { reachedAt }),
  }
}

/** kafkajs keeps a state in the object of the login, so each client gets a new one. */
function saslOf(login: ClientLogin): SASLOptions {
  if (!('passwordFile' in login)) return { ...login }
  const { mechanism, usernameFile, passwordFile } = login
  return {
    mechanism,
    get username() {
      return readLine(usernameFile, 'user name')
    },
    get password() {
      return readLine(passwordFile, 'password')
    },
  }
}

function sslOf({ authorityFile }: KafkaTls): NonNullable<KafkaConfig['ssl']> {
  if (authorityFile === undefined) return {}
  return {
    get ca() {
      return read(authorityFile, 'certificate authorities')
    },
  }
}

const maxFileBytes = 1024 * 1024

/** The first line of a file, without its line break. */
function readLine(file: string, content: string): string {
  const line = read(file, content).split(/\r?\n/, 1)[0] ?? ''
  if (line !== '') return line
  throw new Error(`the file with the ${content} for Kafka is empty: ${file}`)
}

/** @throws Error with a sentence that names the file */
function read(file: string, content: string): string {
  try {
    return readRegularFile(file, maxFileBytes).toString('utf8')
  } catch (error) {
    const reason = (error as Error).message
    throw new Error(`the file with the ${content} for Kafka cannot be read: ${reason}`, {
      cause: error,
    })
  }
}

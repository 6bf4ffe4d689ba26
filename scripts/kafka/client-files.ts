import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { PlatformLogin } from '../../services/adapters/kafka/connection/access.ts'

/** The brokers of a platform, with their login. */
export type Credentials = Pick<KafkaSettings, 'brokers'> & { readonly login: PlatformLogin }

/** `client.properties`, for the tools of Kafka and other clients in Java. The passwords need no escapes. */
export function toJavaProperties({ brokers, login }: Credentials): string {
  const { username, password } = login
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  return linesOf({
    'bootstrap.servers': brokers.join(','),
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': `${module} required username="${username}" password="${password}";`,
  })
}

/** The configuration of kcat and other clients with librdkafka. */
export function toKcatProperties({ brokers, login }: Credentials): string {
  return linesOf({
    'bootstrap.servers': brokers.join(','),
    'security.protocol': 'sasl_plaintext',
    'sasl.mechanisms': 'PLAIN',
    'sasl.username': login.username,
    'sasl.password': login.password,
  })
}

function linesOf(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

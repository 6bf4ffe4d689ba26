import type { PlatformConfig } from '../../config/config-schema.ts'
import type { Env } from '../environment.ts'
import { userFileEnv } from '../environment.ts'
import type { PlanContext, RoleUserFile } from '../role-file.ts'

/** An existing Kafka (`kafka.external`). With it the platform starts no Kafka. */

export function hasOwnKafka({ kafka }: Pick<PlatformConfig, 'kafka'>): boolean {
  return kafka.external.brokers.length === 0
}

/**
 * The files of the user that clients of the existing Kafka read; none if the platform starts Kafka itself. On Docker, names
 * of renewed secrets end in `key` or `token`.
 */
export function kafkaFiles(config: PlatformConfig): RoleUserFile[] {
  if (hasOwnKafka(config)) return []
  return Object.values(filesOf(config)).filter(({ path }) => path !== '')
}

function filesOf({ kafka }: PlatformConfig) {
  const { tls, sasl } = kafka.external
  const file = (
    name: string,
    path: string,
    rest: Pick<RoleUserFile, 'key' | 'format'>,
  ): RoleUserFile => ({ name, path, kind: 'secret', ...rest })
  return {
    authority: file('kafka-authority-key', tls.authorityFile, {
      key: 'kafka.external.tls.authorityFile',
      format: 'authorities',
    }),
    username: file('kafka-username-key', sasl.usernameFile, {
      key: 'kafka.external.sasl.usernameFile',
      format: 'key',
    }),
    password: file('kafka-password-key', sasl.passwordFile, {
      key: 'kafka.external.sasl.passwordFile',
      format: 'key',
    }),
  }
}

/** The variables with addresses, encryption and login of the existing Kafka. */
export function externalKafkaEnv(context: PlanContext): Env {
  const { topic, external } = context.config.kafka
  const { brokers, tls, sasl } = external
  const { authority, username, password } = filesOf(context.config)
  return {
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC: topic,
    KAFKA_EXTERNAL: 'true',
    KAFKA_TLS: String(tls.enabled),
    ...userFileEnv('KAFKA_AUTHORITY_FILE', authority, context),
    ...(sasl.mechanism !== '' && { KAFKA_SASL_MECHANISM: sasl.mechanism }),
    ...userFileEnv('KAFKA_USERNAME_FILE', username, context),
    ...userFileEnv('KAFKA_PASSWORD_FILE', password, context),
  }
}

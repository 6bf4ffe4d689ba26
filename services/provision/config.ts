import type { KafkaSettings } from '../adapters/kafka/client.ts'
import { readKafkaEnv } from '../adapters/kafka/connection/access.ts'
import type { KafkaLogin } from '../adapters/kafka/requests/login-request.ts'
import type { TopicSettings } from '../adapters/kafka/topic-settings.ts'
import type { RolePasswords } from '../adapters/postgres/driver/migrate.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import { readPostgresEnv, roles } from '../adapters/postgres/driver/settings.ts'
import type { BucketSettings } from '../adapters/objects/bucket-settings.ts'
import { readBucketEnv } from '../adapters/objects/bucket-settings.ts'
import { EnvironmentReader } from '../runtime/env.ts'

export type ProvisionConfig = {
  readonly logLevel: string
  readonly kafka: KafkaSettings
  readonly topic: TopicSettings
  readonly postgres: PostgresSettings
  readonly passwords: RolePasswords
  /** Set if the user runs the server. */
  readonly external: ExternalServer | undefined
  /** The login of workers on other machines at Kafka; undefined if Kafka listens on loopback only. */
  readonly workerLogin: KafkaLogin | undefined
  /** The bucket to create on the S3 server of the platform; undefined if the bucket is elsewhere. */
  readonly bucket: BucketSettings | undefined
  /** Whether changes of files are recorded for the copy of their status in ClickHouse. */
  readonly copiesFileStatus: boolean
}

type ExternalServer = {
  /** Whether an administrator has made the roles of the services. Otherwise provisioning makes them. */
  readonly rolesAreGiven: boolean
}

/** @throws EnvironmentError with all invalid variables */
export function readConfig(source: NodeJS.ProcessEnv): ProvisionConfig {
  const env = new EnvironmentReader(source)
  return env.finish({
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    kafka: readKafkaEnv(env),
    topic: {
      partitions: env.positiveInteger('KAFKA_PARTITIONS', 'a number of partitions'),
      replicationFactor: env.positiveInteger('KAFKA_REPLICATION_FACTOR', 'a number of brokers'),
      minInsyncReplicas: env.positiveInteger('KAFKA_MIN_INSYNC_REPLICAS', 'a number of brokers'),
      retentionHours: env.positiveInteger('KAFKA_RETENTION_HOURS', 'a number of hours'),
      flushEachBatch: env.flag('KAFKA_FLUSH_EACH_BATCH'),
    },
    postgres: readPostgresEnv(env, env.optionalText('POSTGRES_USER') ?? roles.owner),
    external: readExternal(env),
    passwords: {
      writer: env.fileContent('POSTGRES_WRITER_PASSWORD_FILE', `the password of ${roles.writer}`),
      worker: env.fileContent('POSTGRES_WORKER_PASSWORD_FILE', `the password of ${roles.worker}`),
      operator: env.fileContent(
        'POSTGRES_OPERATOR_PASSWORD_FILE',
        `the password of ${roles.operator}`,
      ),
      reader: env.fileContent('POSTGRES_READER_PASSWORD_FILE', `the password of ${roles.reader}`),
    },
    workerLogin: readWorkerLogin(env),
    bucket: readBucketEnv(env),
    copiesFileStatus: env.flag('COPY_FILE_STATUS'),
  })
}

function readExternal(env: EnvironmentReader): ExternalServer | undefined {
  const variable = 'POSTGRES_ROLES_GIVEN'
  if (env.optionalText(variable) === undefined) return undefined
  return { rolesAreGiven: env.flag(variable) }
}

function readWorkerLogin(env: EnvironmentReader): KafkaLogin | undefined {
  const variable = 'KAFKA_WORKER_PASSWORD_FILE'
  if (env.optionalText(variable) === undefined) return undefined
  const password = env.fileContent(variable, 'a file with the password of workers at Kafka')
  return { username: roles.worker, password }
}

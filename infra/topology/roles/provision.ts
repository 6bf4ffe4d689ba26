import { isOpenForWorkers } from '../addresses.ts'
import { bucketEnv, bucketKeys, commonEnv, copiesFileStatus } from '../environment.ts'
import { kafkaFiles } from '../external/kafka.ts'
import { databaseFiles, databaseOwnerEnv, databasePassword } from '../external/postgres.ts'
import type { RoleFile } from '../role-file.ts'
import { kafka, kafkaEnv } from './kafka.ts'
import { objects, usesOwnServer } from './objects.ts'
import { postgres, postgresEnv } from './postgres.ts'

/** Creates the topic and the tables, then ends. */
export const provision: RoleFile = {
  name: 'provision',
  instances: () => 1,
  needs: [postgres, kafka, objects],
  stop: { rank: 1, graceMs: 1_000 },
  image: { from: 'node', isBuilt: true },
  bundle: { main: 'services/provision/main.ts', hasSql: true },
  memoryBesideHeapMegabytes: 256,
  secrets: ['owner', 'writer', 'worker', 'operator', 'reader', 'kafka-worker', 'kafka'],
  userFiles: (config) => [
    ...(usesOwnServer(config) ? bucketKeys(config) : []),
    ...databaseFiles(config, ['owner', 'writer', 'worker', 'operator', 'reader']),
    ...kafkaFiles(config),
  ],
  plan: (context) => {
    const { config, placement } = context
    const { partitions, replicationFactor, minInsyncReplicas, retentionHours, flushEachBatch } =
      config.kafka
    return {
      env: {
        ...commonEnv(context),
        ...kafkaEnv(context),
        KAFKA_PARTITIONS: String(partitions),
        KAFKA_REPLICATION_FACTOR: String(replicationFactor),
        KAFKA_MIN_INSYNC_REPLICAS: String(minInsyncReplicas),
        KAFKA_RETENTION_HOURS: String(retentionHours),
        KAFKA_FLUSH_EACH_BATCH: String(flushEachBatch),
        ...postgresEnv(context),
        ...databaseOwnerEnv(context),
        POSTGRES_PASSWORD_FILE: databasePassword('owner', context),
        POSTGRES_WRITER_PASSWORD_FILE: databasePassword('writer', context),
        POSTGRES_WORKER_PASSWORD_FILE: databasePassword('worker', context),
        POSTGRES_OPERATOR_PASSWORD_FILE: databasePassword('operator', context),
        POSTGRES_READER_PASSWORD_FILE: databasePassword('reader', context),
        COPY_FILE_STATUS: String(copiesFileStatus(config)),
        // On another server, the bucket exists already.
        ...(usesOwnServer(config) && bucketEnv(context)),
        ...(isOpenForWorkers(config) && {
          KAFKA_WORKER_PASSWORD_FILE: placement.secretFile('kafka-worker'),
        }),
      },
      ready: { kind: 'exit' },
    }
  },
}

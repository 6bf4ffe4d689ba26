import { answersOnOps, commonEnv, listenEnv, retentionEnv } from '../environment.ts'
import { kafkaFiles } from '../external/kafka.ts'
import { databaseFiles, databasePassword } from '../external/postgres.ts'
import type { RoleFile } from '../role-file.ts'
import { kafkaEnv } from './kafka.ts'
import { postgresEnv } from './postgres.ts'
import { provision } from './provision.ts'

/** Stores the readings. */
export const consumer: RoleFile = {
  name: 'consumer',
  instances: ({ consumer }) => consumer.instances,
  needs: [provision],
  stop: { rank: 3, graceMs: 4_000 },
  ports: {
    ops: {
      container: 8081,
      host: ({ consumer }) => consumer.opsHostPort,
      key: 'consumer.opsHostPort',
    },
  },
  image: { from: 'node', isBuilt: true },
  bundle: { main: 'services/consumer/main.ts', hasSql: true },
  memoryBesideHeapMegabytes: 480,
  secrets: ['writer', 'kafka'],
  userFiles: (config) => [...databaseFiles(config, ['writer']), ...kafkaFiles(config)],
  knowsPipelines: true,
  databaseConnections: () => 13,
  watch: { port: 'ops', path: () => '/readyz' },
  plan: (context, instance) => ({
    env: {
      ...commonEnv(context),
      ...kafkaEnv(context),
      ...postgresEnv(context),
      POSTGRES_PASSWORD_FILE: databasePassword('writer', context),
      ...retentionEnv(context),
      ACCOUNT_CHECK_HOURS: String(context.config.consumer.accountCheckHours),
      ...listenEnv('OPS', context.placement.listen(consumer.name, instance, 'ops')),
    },
    // Several decoded batches for each of six partitions.
    heapMegabytes: 160,
    ready: answersOnOps(consumer.name, instance, context),
  }),
}

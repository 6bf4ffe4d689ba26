import type { PlatformConfig } from '../../config/config-schema.ts'
import { addressText } from '../addresses.ts'
import type { Env } from '../environment.ts'
import {
  answersOnOps,
  bucketEnv,
  bucketKeys,
  clickHouseEnv,
  clickHousePassword,
  commonEnv,
  copiesFileStatus,
  eventsToken,
  listenEnv,
  reportingTokenEnv,
  userFileEnv,
} from '../environment.ts'
import { kafkaFiles } from '../external/kafka.ts'
import { databaseFiles, databasePassword } from '../external/postgres.ts'
import type { PlanContext, RoleFile, RoleUserFile } from '../role-file.ts'
import { ingress } from './ingress.ts'
import { kafkaEnv } from './kafka.ts'
import { postgresEnv } from './postgres.ts'
import { provision } from './provision.ts'

/** Runs the declared pipelines. */
export const worker: RoleFile = {
  name: 'worker',
  instances: ({ worker }) => worker.instances,
  needs: [provision],
  stop: { rank: 3, graceMs: 4_000 },
  ports: {
    ops: {
      container: 8081,
      host: ({ worker }) => worker.opsHostPort,
      key: 'worker.opsHostPort',
    },
  },
  image: { from: 'node', isBuilt: true },
  bundle: {
    main: 'services/worker/main.ts',
    hasSql: true,
    programs: { 'handler-process': 'services/tasks/handlers/child/main.ts' },
    shipped: 'services/worker/shipped',
    packageFiles: [
      {
        package: 'esbuild-wasm',
        files: [
          ...['package.json', 'lib/main.js', 'bin/esbuild', 'esbuild.wasm'],
          ...['wasm_exec.js', 'wasm_exec_node.js'],
        ],
      },
    ],
  },
  memoryBesideHeapMegabytes: 480,
  // `kafka-worker` is only for invitations of workers on other machines.
  secrets: ['worker', 'reader', 'kafka-worker', 'kafka', 'gateway'],
  userFiles: (config) => [
    pipelinesFolder(config),
    ...bucketKeys(config),
    ...kafkaFiles(config),
    ...(config.files.enabled ? [eventsToken(config)] : []),
    ...(copiesFileStatus(config) ? [clickHousePassword(config)] : []),
    ...databaseFiles(config, ['worker', 'reader']),
  ],
  // Each handler process may open one.
  databaseConnections: (config) =>
    25 +
    config.worker.handlerProcesses +
    (config.files.enabled ? 8 : 0) +
    (copiesFileStatus(config) ? 1 : 0),
  watch: { port: 'ops', path: () => '/readyz' },
  plan: (context, instance) => ({
    env: {
      ...commonEnv(context),
      WORKER_NAME: context.placement.instanceName ?? `${worker.name}-${instance}`,
      ...kafkaEnv(context),
      KAFKA_MIN_INSYNC_REPLICAS: String(context.config.kafka.minInsyncReplicas),
      KAFKA_FLUSH_EACH_BATCH: String(context.config.kafka.flushEachBatch),
      ...postgresEnv(context),
      POSTGRES_PASSWORD_FILE: databasePassword('worker', context),
      ACCOUNT_CHECK_HOURS: String(context.config.consumer.accountCheckHours),
      POSTGRES_READER_PASSWORD_FILE: databasePassword('reader', context),
      HANDLER_PROCESSES: String(context.config.worker.handlerProcesses),
      HANDLER_MEGABYTES: String(context.config.worker.handlerMegabytes),
      TRIP_RULES: JSON.stringify(context.config.dashboard.trips),
      ALLOWED_URLS: context.config.worker.allowedUrls,
      ALLOW_SHELL: String(context.config.worker.allowShell),
      ...userFileEnv('WORKER_FOLDER', pipelinesFolder(context.config), context),
      ...bucketEnv(context),
      ...ingressEnv(context),
      ...clickHouseEnv(context),
      ...listenEnv('OPS', context.placement.listen(worker.name, instance, 'ops')),
    },
    heapMegabytes: 160,
    youngMegabytes: 8,
    childMegabytes:
      context.config.worker.handlerProcesses *
      (context.config.worker.handlerMegabytes + megabytesBesideHandler),
    ready: answersOnOps(worker.name, instance, context),
  }),
}

/** Of a handler process, for its program. */
const megabytesBesideHandler = 128

/** Where readings of files are sent. */
function ingressEnv(context: PlanContext): Env {
  const { config, placement } = context
  if (!config.files.enabled) return {}
  const address = addressText(placement.reach(ingress.name, 0, 'main'))
  return {
    ...(config.files.tikaUrl !== '' && { TIKA_URL: config.files.tikaUrl }),
    EVENTS_URL: `http://${address}${config.ingress.path}`,
    ...reportingTokenEnv('EVENTS_TOKEN_FILE', context),
  }
}

/** The folder of the user with the declared pipelines. */
function pipelinesFolder({ worker }: PlatformConfig): RoleUserFile {
  return {
    name: 'worker-folder',
    path: worker.folder,
    kind: 'mount',
    key: 'worker.folder',
    format: 'folder',
  }
}

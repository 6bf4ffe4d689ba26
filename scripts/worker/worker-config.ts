import { resolve } from 'node:path'
import { addressText, ingressAddress, speaksTls } from '../../infra/topology/addresses.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { configuredToken } from '../platform/ingress-token.ts'
import type { WorkerConfig } from '../../services/worker/config.ts'
import { databaseSettings } from '../platform/database.ts'
import { root } from '../platform/paths.ts'
import type { RunningPlatform } from '../targets/target.ts'
import type { Invitation } from './invitation.ts'
import { noWorkersOutside } from './reach-cluster.ts'

/** Any free port. */
const operations = { host: '127.0.0.1', port: 0 } as const
const name = `worker of process ${process.pid}`

/**
 * For a worker on the machine of the platform, on which Kafka and Postgres are published.
 *
 * @throws UserError if the platform runs on a cluster
 */
export async function configBeside(platform: RunningPlatform): Promise<WorkerConfig> {
  if (platform.unit === 'pod') throw new UserError(noWorkersOutside)
  const { config } = platform
  const { kafka, consumer, services, worker, dashboard } = config
  const [kafkaSettings, password, readersPassword, platformToken] = await Promise.all([
    platform.kafka(),
    platform.password('worker'),
    platform.password('reader'),
    platform.platformToken(),
  ])
  return {
    ...{ name, operations, logLevel: services.logLevel },
    kafka: kafkaSettings,
    minInsyncReplicas: kafka.minInsyncReplicas,
    flushEachBatch: kafka.flushEachBatch,
    postgres: databaseSettings(config, 'worker', password),
    reader: databaseSettings(config, 'reader', readersPassword),
    // Only its handlers are used: the workers of the platform read the declarations.
    folder: worker.folder === '' ? undefined : resolve(root, worker.folder),
    handlers: {
      processes: worker.handlerProcesses,
      megabytes: worker.handlerMegabytes,
      allowedUrls: worker.allowedUrls,
      allowsShell: worker.allowShell,
    },
    bucket: await platform.bucket(),
    ingress: ingressBeside(platform, platformToken),
    tikaUrl: emptyToUndefined(platform.config.files.tikaUrl),
    // The workers of the platform copy the status of files.
    clickHouse: undefined,
    tripRules: dashboard.trips,
    checkIntervalSeconds: 3_600 * consumer.accountCheckHours,
  }
}

/** Undefined if it requires TLS, like HAProxy: only the workers in containers then load files. */
function ingressBeside(
  { unit, config }: RunningPlatform,
  platformToken: string | undefined,
): WorkerConfig['ingress'] {
  if (unit === 'container' && speaksTls(config)) return undefined
  return {
    url: `http://${addressText(ingressAddress(config))}${config.ingress.path}`,
    token: configuredToken(config) ?? platformToken,
  }
}

/** For a worker on another machine. @param folder with handlers, if there is one */
export function configOfInvitation(
  invitation: Invitation,
  folder: string | undefined,
): WorkerConfig {
  const { kafka, postgres, handlers, trips, accountCheckHours, logLevel } = invitation
  const { worker, reader, ...server } = postgres
  return {
    ...{ name, operations, logLevel, folder },
    // Its machine decides itself which commands it runs.
    handlers: { ...handlers, allowsShell: false },
    kafka: {
      brokers: kafka.brokers.map(addressText),
      topic: kafka.topic,
      login: { mechanism: 'scram-sha-256', username: kafka.user, password: kafka.password },
    },
    minInsyncReplicas: kafka.minInsyncReplicas,
    flushEachBatch: kafka.flushEachBatch,
    postgres: { ...server, ...worker },
    reader: { ...server, ...reader },
    // An invitation has no keys of a bucket.
    bucket: undefined,
    ingress: undefined,
    tikaUrl: undefined,
    clickHouse: undefined,
    tripRules: trips,
    checkIntervalSeconds: 3_600 * accountCheckHours,
  }
}

const emptyToUndefined = (text: string): string | undefined => (text === '' ? undefined : text)

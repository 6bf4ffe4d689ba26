import {
  answersOnOps,
  commonEnv,
  connectionsEnv,
  eventsToken,
  listenEnv,
  originEnv,
  retentionEnv,
  unknownPolicyOf,
  userFileEnv,
} from '../environment.ts'
import { listensOnLoopback, producerIsIngress } from '../addresses.ts'
import type { Env } from '../environment.ts'
import { kafkaFiles } from '../external/kafka.ts'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { databaseFiles, databasePassword } from '../external/postgres.ts'
import type { PlanContext, RoleFile } from '../role-file.ts'
import { kafkaEnv } from './kafka.ts'
import { postgresEnv } from './postgres.ts'
import { provision } from './provision.ts'

/** Accepts readings over HTTP and acknowledges them. */
export const producer: RoleFile = {
  name: 'producer',
  instances: ({ producer }) => producer.instances,
  needs: [provision],
  stop: { rank: 2, graceMs: 4_000 },
  isReplacedInTurn: true,
  // Both container ports are also in `docker/images/haproxy.cfg`.
  ports: {
    main: {
      container: 8080,
      host: ({ producer }) => producer.hostPort,
      key: 'producer.hostPort',
      // Only the ingress connects to this port.
      isInternal: true,
      isOpen: (config, kind) => !producerIsIngress(config, kind),
    },
    ops: {
      container: 8081,
      host: ({ producer }) => producer.opsHostPort,
      key: 'producer.opsHostPort',
    },
  },
  image: { from: 'node', isBuilt: true },
  bundle: {
    main: 'services/producer/main.ts',
    hasSql: true,
    packageFiles: [
      {
        package: 'swagger-ui-dist',
        files: ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js'],
      },
    ],
  },
  memoryBesideHeapMegabytes: 352,
  secrets: ['reader', 'kafka', 'proxy', 'gateway'],
  userFiles: (config) => [
    eventsToken(config),
    ...databaseFiles(config, ['reader']),
    ...kafkaFiles(config),
  ],
  databaseConnections: () => 12,
  watch: { port: 'ops', path: () => '/readyz' },
  plan: (context, instance) => ({
    env: envOf(context, instance),
    // The program and thousands of connections, and twice the pending bodies.
    heapMegabytes: 96 + 2 * context.config.producer.maxPendingMegabytes,
    ready: answersOnOps(producer.name, instance, context),
  }),
}

function envOf(context: PlanContext, instance: number): Env {
  const { config, placement } = context
  return {
    ...commonEnv(context),
    ...kafkaEnv(context),
    ...postgresEnv(context),
    POSTGRES_PASSWORD_FILE: databasePassword('reader', context),
    ...retentionEnv(context),
    ...clientsEnv(context, instance),
    ...listenEnv('OPS', placement.listen(producer.name, instance, 'ops')),
    PLATFORM_TOKEN_FILE: placement.secretFile('gateway'),
    HOST_NAMES: hostNames(config),
    EVENTS_PATH: config.ingress.path,
    ...dashboardLinkEnv(context),
    ...userFileEnv('TOKEN_FILE', eventsToken(config), context),
    DEVICES_UNKNOWN: unknownPolicyOf(config),
    ...originEnv('FORM_ORIGIN', context),
    MAX_PENDING_MEGABYTES: String(config.producer.maxPendingMegabytes),
    MAX_LAG: String(config.producer.maxLag),
    MAX_READINGS_PER_SECOND_PER_CLIENT: String(config.ingress.maxReadingsPerSecondPerClient),
  }
}

/** How clients reach it: through the ingress, or directly at the address of the ingress. */
function clientsEnv(context: PlanContext, instance: number): Env {
  const { config, placement } = context
  if (producerIsIngress(config, placement.kind))
    return {
      ...listenEnv('HTTP', placement.listen('ingress', 0, 'main')),
      ...connectionsEnv(context),
    }
  return {
    ...listenEnv('HTTP', placement.listen(producer.name, instance, 'main')),
    PROXY_SECRET_FILE: placement.secretFile('proxy'),
  }
}

/** The host names of requests to the ingress; `*` if other machines can reach it. */
function hostNames({ ingress }: PlatformConfig): string {
  return listensOnLoopback(ingress) ? `localhost,127.0.0.1,[::1],${ingress.hostNames}` : '*'
}

/** Variables for the link from the counter's page to the dashboard, if there is one. */
function dashboardLinkEnv({ config }: PlanContext): Env {
  const { instances, hostPort, public: isPublic } = config.dashboard
  if (instances === 0) return {}
  return { DASHBOARD_PORT: String(hostPort), DASHBOARD_IS_PUBLIC: String(isPublic) }
}

import { roles } from '../../topology/role-registry.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import { volumePath } from '../placement.ts'
import { javaOptions, privateEntrypoint } from './private-files.ts'
import type { ContainerProgram, ContainerTarget, ProgramContext } from './program.ts'

/**
 * The folder in which the image's start script writes its configuration; the default folder is read-only.
 * It must exist in the image: an older engine would create it as root's at a restart.
 */
const configFolder = '/tmp'

/** A server of the ensemble, from the official image. */
export function zookeeperProgram({ plan, target }: ProgramContext): ContainerProgram {
  return {
    user: { name: 'zookeeper', id: 1_000 },
    entrypoint: privateEntrypoint({
      folder: volumePath('zookeeper'),
      program: ['/docker-entrypoint.sh'],
      logins: plan.logins ?? [],
      target,
    }),
    command: ['zkServer.sh', 'start-foreground'],
    env: envOf(plan, target),
    secrets: roles.zookeeper.secrets ?? [],
    scratch: ['/logs', '/datalog'],
  }
}

/** Settings for which the image has variables, or that it sets itself. */
const setByImage = ['dataDir', 'clientPort', 'clientPortAddress']

/** `zoo.cfg` as the variables from which the image's start script writes it. */
function envOf(
  { instance, settings, heapMegabytes }: ServicePlan,
  target: ContainerTarget,
): Record<string, string> {
  const clientPort = settings['clientPort'] ?? ''
  const entries = Object.entries(settings)
  const servers = entries.filter(([key]) => key.startsWith('server.'))
  const rest = entries.filter(([key]) => !key.startsWith('server.') && !setByImage.includes(key))
  // The name of a pod's Service may still have the address of the pod before, at which it cannot listen.
  if (target === 'kubernetes' && servers.length > 0) rest.push(['quorumListenOnAllIPs', 'true'])
  const formatPairs = (pairs: [string, string][], end = '') =>
    pairs.map(([key, value]) => `${key}=${value}${end}`).join(' ')
  return {
    ZOO_MY_ID: String(instance + 1),
    ...(servers.length > 0 && { ZOO_SERVERS: formatPairs(servers, `;${clientPort}`) }),
    ZOO_CFG_EXTRA: formatPairs(rest),
    // Log and snapshots in one folder: one volume for each server.
    ZOO_DATA_LOG_DIR: volumePath('zookeeper'),
    ZOO_CONF_DIR: configFolder,
    ZOOCFGDIR: configFolder,
    ZK_SERVER_HEAP: String(heapMegabytes ?? ''),
    JVMFLAGS: `-XX:+UseSerialGC -Dlogback.configurationFile=/conf/logback.xml ${javaOptions(target)}`,
  }
}

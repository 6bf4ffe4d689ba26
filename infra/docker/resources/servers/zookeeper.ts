import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import { majorityFirst } from '../../../topology/ensemble.ts'
import { roles } from '../../../topology/role-registry.ts'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext } from '../container.ts'
import { container, memoryOf, ownedBy } from '../container.ts'
import { dataVolume } from '../data-volume.ts'
import { volumePath } from '../../placement.ts'
import { jaasOption, privateEntrypoint } from './private-files.ts'
import { limitProcesses } from '../process-limit.ts'
import type { Secrets } from '../secrets.ts'

export type ZooKeeperArgs = {
  readonly plans: readonly ServicePlan[]
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
}

/**
 * The folder in which the image's start script writes its configuration; the default folder is read-only.
 * It must exist in the image: an older engine would create it as root's at a restart.
 */
const configFolder = '/tmp'

/** The ensemble, from the official image: one server, or several that reach each other by name. */
export class ZooKeeper extends pulumi.ComponentResource {
  constructor(name: string, args: ZooKeeperArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:ZooKeeper', name, {}, options)
    const [first, others] = majorityFirst(args.plans)
    const majority = first.map((plan) => this.#server(plan, args, []))
    for (const plan of others) this.#server(plan, args, majority)
    this.registerOutputs()
  }

  #server(
    plan: ServicePlan,
    { surroundings, image, secrets }: ZooKeeperArgs,
    after: readonly pulumi.Resource[],
  ): docker.Container {
    const volume = dataVolume(plan.name, surroundings.config, this)
    const containerPath = volumePath('zookeeper')
    const spec = {
      image,
      user: 'zookeeper',
      memoryMegabytes: memoryOf(plan),
      entrypoints: privateEntrypoint(containerPath, ['/docker-entrypoint.sh'], plan.logins ?? []),
      command: ['zkServer.sh', 'start-foreground'],
      env: zookeeperEnv(plan),
      mounts: [
        { volumeName: volume.name, containerPath, readOnly: false },
        ...(roles.zookeeper.secrets ?? []).map((name) => secrets.mount(name)),
      ],
      scratch: [configFolder, '/logs', '/datalog'],
    }
    const options = ownedBy(this, [secrets, ...after])
    const server = new docker.Container(plan.name, container(plan, spec, surroundings), options)
    limitProcesses(plan.name, server, this)
    return server
  }
}

/** Settings for which the image has variables, or that it sets itself. */
const setByImage = ['dataDir', 'clientPort', 'clientPortAddress']

/** `zoo.cfg` as the variables from which the image's start script writes it. */
function zookeeperEnv({ instance, settings, heapMegabytes }: ServicePlan): Record<string, string> {
  const clientPort = settings['clientPort'] ?? ''
  const entries = Object.entries(settings)
  const servers = entries.filter(([key]) => key.startsWith('server.'))
  const rest = entries.filter(([key]) => !key.startsWith('server.') && !setByImage.includes(key))
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
    JVMFLAGS: `-XX:+UseSerialGC -Dlogback.configurationFile=/conf/logback.xml ${jaasOption}`,
  }
}

import { hasOwnKafka } from '../external/kafka.ts'
import { secretsOf, zookeeperLogins } from '../logins/jaas.ts'
import type { PlanContext, RoleFile } from '../role-file.ts'

/** Distances of the two ports between servers from the client port. */
const peerDistance = 100
const electionDistance = 200

/** Stores the brokers' state. */
export const zookeeper: RoleFile = {
  name: 'zookeeper',
  instances: (config) => (hasOwnKafka(config) ? config.zookeeper.instances : 0),
  needs: [],
  stop: { rank: 5, graceMs: 1_500 },
  ports: {
    main: {
      container: 2181,
      host: ({ zookeeper }) => zookeeper.hostPort,
      key: 'zookeeper.hostPort',
    },
  },
  peerPorts: (clientPort) => Object.values(zookeeperQuorumPorts(clientPort)),
  cluster: 'majority',
  secrets: secretsOf(zookeeperLogins),
  image: { from: 'zookeeper', isBuilt: false },
  // Memory of the JVM beyond its heap.
  memoryBesideHeapMegabytes: 192,
  volume: { path: '/data', holds: 'data' },
  watch: { port: 'main', path: () => '' },
  plan: (context, instance) => ({
    settings: settingsFor(context, instance),
    logins: zookeeperLogins,
    heapMegabytes: context.config.zookeeper.heapMegabytes,
    ready: { kind: 'quorum', address: context.placement.reach(zookeeper.name, instance, 'main') },
  }),
}

/** The two ports between ZooKeeper servers, from a client port. */
export function zookeeperQuorumPorts(clientPort: number): { peer: number; election: number } {
  return { peer: clientPort + peerDistance, election: clientPort + electionDistance }
}

/** `zoo.cfg`. */
function settingsFor(context: PlanContext, instance: number): Record<string, string> {
  const { config, placement } = context
  const listen = placement.listen(zookeeper.name, instance, 'main')
  return {
    tickTime: '2000',
    initLimit: '10',
    syncLimit: '5',
    dataDir: placement.dataFile(zookeeper.name, instance, 'data'),
    clientPort: String(listen.port),
    clientPortAddress: listen.host,
    'admin.enableServer': 'false',
    'autopurge.purgeInterval': '24',
    // A session without a login can neither read nor write. So no znode needs an access list, and the
    // data of a version without logins need no migration.
    'authProvider.sasl': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
    'enforce.auth.enabled': 'true',
    'enforce.auth.schemes': 'sasl',
    ...(config.zookeeper.instances > 1 ? ensemble(context) : {}),
  }
}

function ensemble({ config, placement }: PlanContext): Record<string, string> {
  const servers = Array.from({ length: config.zookeeper.instances }, (_, instance) => {
    const { host, port } = placement.reach(zookeeper.name, instance, 'main')
    const { peer, election } = zookeeperQuorumPorts(port)
    return [`server.${instance + 1}`, `${host}:${peer}:${election}`]
  })
  return { ...(Object.fromEntries(servers) as Record<string, string>), ...quorumLogin }
}

/** The servers log in to each other, by the sections `QuorumServer` and `QuorumLearner`. */
const quorumLogin = {
  'quorum.auth.enableSasl': 'true',
  'quorum.auth.learnerRequireSasl': 'true',
  'quorum.auth.serverRequireSasl': 'true',
  // Threads of the logins at the election port: at least one for each server (ZooKeeper wiki).
  'quorum.cnxn.threads.size': '20',
}

import { UserError } from '../../../infra/checks/user-error.ts'
import { askEngine } from '../../../infra/docker/engine/engine.ts'
import { checkStack } from '../../../infra/kubernetes/check-stack.ts'
import { platformLabels, stackAnnotation } from '../../../infra/kubernetes/names.ts'
import { print } from '../../cli/output.ts'
import type { Launcher } from '../target.ts'
import { Cluster } from './cluster.ts'
import { openCluster } from './open-cluster.ts'
import { readRecord } from './platform.ts'
import { removeVehicles } from './vehicles.ts'

export const launcher: Launcher = {
  // Each target has its own stack, so that one command cannot replace the platform of the other.
  defaultStack: 'dev-kubernetes',
  psqlProgram: 'kubectl',
  check: async (request) => {
    await checkStack(request)
    // It builds and pushes the images.
    await askEngine()
  },
  afterwards: `
  vehicles  npm run fleet -- --target kubernetes --num-vehicles 5
  state     npm run status -- --target kubernetes
  stop      scripts/teardown-infra.sh --target kubernetes
`,
  requireAnswer: async () => {
    const cluster = await openCluster({}, undefined)
    await cluster.run('get', '--raw=/readyz')
  },
  prepareTeardown: async (own, { images, stack }) => {
    if (images) {
      throw new UserError(
        '--images is for Docker. On Kubernetes the images are in your registry: delete them there.',
      )
    }
    const found = await namespaceOf(stack, await openCluster({}, own))
    if (found === undefined) return { finish: () => Promise.resolve() }
    const record = await readRecord(found)
    // With postgres.keepData the namespace stays, and vehicles would stay in it.
    await removeVehicles(found)
    return {
      finish: async () => {
        if (record?.config.postgres.keepData) await describeKept(found)
      },
    }
  },
}

type Namespace = {
  readonly metadata: {
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
  }
}

/** The namespace that a stack has made, whatever the configuration names. */
async function namespaceOf(stack: string, cluster: Cluster): Promise<Cluster | undefined> {
  const namespaces = await cluster.list<Namespace>('namespaces', platformLabels)
  const found = namespaces.find(({ metadata }) => metadata.annotations?.[stackAnnotation] === stack)
  return found && new Cluster(cluster.context, found.metadata.name)
}

async function describeKept(cluster: Cluster): Promise<void> {
  const { namespace } = cluster
  if ((await cluster.get('namespace', namespace)) === undefined) return
  print(
    `The namespace ${namespace} keeps the data and the passwords (postgres.keepData). The next scripts/launch-infra.sh --target kubernetes continues with them. To delete them: kubectl delete namespace ${namespace}`,
  )
}

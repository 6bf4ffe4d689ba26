import { addressText } from '../addresses.ts'
import { commonEnv, connectionsEnv, listenEnv } from '../environment.ts'
import type { PortName } from '../placement.ts'
import type { PlanContext, RoleFile } from '../role-file.ts'
import { producer } from './producer.ts'
import { provision } from './provision.ts'

/** The HTTP address of the platform. */
export const ingress: RoleFile = {
  name: 'ingress',
  instances: ({ ingress }) => ingress.instances,
  needs: [provision],
  stop: { rank: 2, graceMs: 4_000 },
  ports: {
    main: {
      // Also in `docker/images/haproxy.cfg`.
      container: 5001,
      host: ({ ingress }) => ingress.hostPort,
      key: 'ingress.hostPort',
      hostAddress: ({ ingress }) => ({
        host: ingress.hostAddress,
        hostKey: 'ingress.hostAddress',
      }),
    },
  },
  isReachedByRole: true,
  secrets: ['proxy'],
  image: { from: 'haproxy', isBuilt: true },
  bundle: { main: 'services/ingress/main.ts' },
  memoryBesideHeapMegabytes: 512,
  watch: { port: 'main', path: ({ ingress }) => ingress.path },
  plan: (context) => ({
    env: {
      ...commonEnv(context),
      ...listenEnv('HTTP', context.placement.listen(ingress.name, 0, 'main')),
      ...connectionsEnv(context),
      PROXY_SECRET_FILE: context.placement.secretFile('proxy'),
      PRODUCERS: producerAddresses(context, 'main'),
      PRODUCERS_OPS: producerAddresses(context, 'ops'),
    },
    ready: {
      kind: 'http',
      address: context.placement.reach(ingress.name, 0, 'main'),
      path: context.config.ingress.path,
    },
  }),
}

function producerAddresses({ config, placement }: PlanContext, port: PortName): string {
  const addresses = Array.from({ length: producer.instances(config) }, (_, instance) =>
    addressText(placement.reach(producer.name, instance, port)),
  )
  return addresses.join(',')
}

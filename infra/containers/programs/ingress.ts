import type { PlatformConfig } from '../../config/config-schema.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import type { ContainerProgram, ContainerTarget, ProgramContext } from './program.ts'

/** HAProxy with `images/haproxy.cfg`. */
export function ingressProgram({ plan, config, target }: ProgramContext): ContainerProgram {
  const drainSeconds = drainSecondsOf(config)
  return {
    user: { name: 'haproxy', id: 99 },
    entrypoint: ['sh', '-c', startScript(target), 'sh'],
    command: ['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
    env: { ...envOf(plan), ...(target === 'kubernetes' && { DRAIN_SECONDS: `${drainSeconds}` }) },
    secrets: ['proxy'],
    ...(target === 'kubernetes' && { ready: readyInPod, drainSeconds }),
  }
}

/**
 * Long enough for the nodes of a cluster to send new connections to other pods, or for a load balancer to notice that
 * no pod of a node takes more: usual ones ask two or three times, every 5 to 10 s.
 */
const drainSecondsOf = ({ kubernetes }: PlatformConfig): number =>
  kubernetes.service === 'LoadBalancer' ? 25 : 5

/** Also in `images/haproxy.cfg`. */
const readyInPod = {
  kind: 'http',
  address: { host: '0.0.0.0', port: 8404 },
  path: '/readyz',
} as const

/**
 * The variables that `haproxy.cfg` reads. The container is replaced when a variable changes, so the
 * addresses of the producers are left out.
 */
function envOf({ env }: ServicePlan): Record<string, string> {
  const tls = ['TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_MIN_VERSION']
  const names = ['MAX_CONNECTIONS_PER_CLIENT', 'PROXY_SECRET_FILE', ...tls]
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.includes(name)))
}

/** Also in `images/haproxy.cfg` and `images/certificate.lua`. */
const pemFile = '/tmp/ingress.pem'
/** For a new certificate, before clients get it. */
const candidateFile = '/tmp/candidate.pem'

/**
 * HAProxy needs the full name of the producers, because it ignores search domains. The first search domain
 * of a pod is that of its namespace (Kubernetes documentation, DNS for Services and Pods).
 */
const findProducers = [
  String.raw`PRODUCERS_HOST=producer.$(sed -n 's/^search \([^ ]*\).*/\1/p' /etc/resolv.conf)`,
  'export PRODUCERS_HOST',
]

/**
 * The configuration of HAProxy reads the secret from an environment variable. The shell sets it, because
 * the engine shows the environment of a container. `exec` replaces the shell, so that HAProxy gets the
 * signals of the engine. HAProxy reads certificate and key from one file; `certificate.lua` replaces them later.
 */
export const startScript = (target: ContainerTarget): string =>
  [
    ...(target === 'kubernetes' ? findProducers : []),
    'PROXY_SECRET=$(cat "$PROXY_SECRET_FILE")',
    'export PROXY_SECRET',
    'umask 077',
    `if [ -n "$TLS_CERT_FILE" ]; then { cat "$TLS_CERT_FILE"; echo; cat "$TLS_KEY_FILE"; } | tee ${candidateFile} > ${pemFile}; fi`,
    'exec docker-entrypoint.sh "$@"',
  ].join(' && ')

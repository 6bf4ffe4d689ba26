import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext, Mount } from '../container.ts'
import { container, memoryOf, ownedBy } from '../container.ts'
import { limitProcesses } from '../process-limit.ts'
import type { Secrets } from '../secrets.ts'

export type IngressArgs = {
  readonly plan: ServicePlan
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly secrets: Secrets
  /** The folders with certificate and key; none without TLS. */
  readonly certificateFolders: readonly Mount[]
  /** Resources that must be ready before. */
  readonly after: readonly pulumi.Resource[]
}

/**
 * HAProxy, the HTTP address of the platform. It finds the producers through the engine's DNS, so it is not
 * replaced when their number changes.
 */
export class Ingress extends pulumi.ComponentResource {
  readonly containerId: pulumi.Output<string>

  constructor(name: string, args: IngressArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Ingress', name, {}, options)
    const { plan, surroundings, image, secrets, certificateFolders, after } = args
    const spec = {
      image,
      user: 'haproxy',
      memoryMegabytes: memoryOf(plan),
      entrypoints: ['sh', '-c', startScript, 'sh'],
      command: ['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
      env: envOf(plan),
      mounts: [secrets.mount('proxy'), ...certificateFolders],
      aliases: [plan.role],
    }
    const ingress = new docker.Container(
      plan.name,
      container(plan, spec, surroundings),
      ownedBy(this, [secrets, ...after]),
    )
    limitProcesses(plan.name, ingress, this)
    this.containerId = ingress.id
    this.registerOutputs({ containerId: this.containerId })
  }
}

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
 * The configuration of HAProxy reads the secret from an environment variable. The shell sets it, because
 * the engine shows the environment of a container. `exec` replaces the shell, so that HAProxy gets the
 * signals of the engine. HAProxy reads certificate and key from one file; `certificate.lua` replaces them later.
 */
export const startScript = [
  'PROXY_SECRET=$(cat "$PROXY_SECRET_FILE")',
  'export PROXY_SECRET',
  'umask 077',
  `if [ -n "$TLS_CERT_FILE" ]; then { cat "$TLS_CERT_FILE"; echo; cat "$TLS_KEY_FILE"; } | tee ${candidateFile} > ${pemFile}; fi`,
  'exec docker-entrypoint.sh "$@"',
].join(' && ')

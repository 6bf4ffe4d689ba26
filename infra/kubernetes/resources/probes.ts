import type { core } from '@pulumi/kubernetes/types/input.js'
import { checkCommand } from '../../containers/check-command.ts'
import type { ReadyCheck } from '../../topology/role-file.ts'

type Probes = Pick<core.v1.Container, 'readinessProbe' | 'livenessProbe' | 'startupProbe'>

/** Seconds between two checks whether a service is ready. */
const readySeconds = 2
/** Seconds that a service gets until its first answer. */
const startSeconds = 120
const secondsBetweenChecks = 5

/**
 * The probes of a container: when it is ready, and for our services whether it still answers. The path for
 * the second one answers 200 also while the service is not ready.
 *
 * @param drainSeconds time in which a stopping service accepts connections but says that it is not ready. The node
 * regards it as ready meanwhile: it sends connections to a stopping pod if it has no other.
 */
export function probesOf(check: ReadyCheck, drainSeconds = 0): Probes {
  const ready = readyAction(check)
  if (ready === undefined) return {}
  const readinessProbe = {
    ...ready,
    periodSeconds: readySeconds,
    timeoutSeconds: 5,
    failureThreshold: Math.max(3, Math.ceil(drainSeconds / readySeconds) + 1),
  }
  if (check.kind !== 'http' || check.alivePath === undefined) return { readinessProbe }
  const answers = {
    httpGet: { path: check.alivePath, port: check.address.port },
    periodSeconds: secondsBetweenChecks,
    timeoutSeconds: secondsBetweenChecks,
  }
  return {
    readinessProbe,
    livenessProbe: { ...answers, failureThreshold: 3 },
    startupProbe: { ...answers, failureThreshold: startSeconds / secondsBetweenChecks },
  }
}

/** The node itself opens the connection where it can, which costs no process in the container. */
function readyAction(check: ReadyCheck): core.v1.Probe | undefined {
  if (check.kind === 'http') return { httpGet: { path: check.path, port: check.address.port } }
  if (check.kind === 'broker') return { tcpSocket: { port: check.address.port } }
  const command = checkCommand(check)
  return command && { exec: { command } }
}

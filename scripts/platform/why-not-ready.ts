import type { PlatformConfig } from '../../infra/config/config.ts'
import { hostPort } from '../../infra/topology/host-ports.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'

const timeoutMs = 2_000

/**
 * Why a running service is not ready, in its words: the answer of its port of health and metrics, which both
 * targets publish on this machine. Null if it gives no reason.
 */
export async function whyNotReady(
  config: PlatformConfig,
  plan: Pick<ServicePlan, 'role' | 'instance'>,
): Promise<string | null> {
  const port = hostPort(config, plan, 'ops')
  if (port === undefined) return null
  try {
    const url = `http://${port.host}:${port.port}/readyz`
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    const { reason } = (await response.json()) as { readonly reason?: unknown }
    return typeof reason === 'string' ? reason : null
  } catch {
    return null
  }
}

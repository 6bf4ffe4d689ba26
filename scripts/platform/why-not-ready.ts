import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Address } from '../../infra/topology/addresses.ts'
import { addressText } from '../../infra/topology/addresses.ts'
import { hostPort } from '../../infra/topology/host-ports.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { roles } from '../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'

const timeoutMs = 2_000

/** The ports of health and metrics of a role, for a target that publishes them on this machine. */
export function operationsOnThisMachine(config: PlatformConfig, role: Role): Address[] {
  const instances = Array.from({ length: roles[role].instances(config) }, (_, index) => index)
  return instances.flatMap((instance) => hostPort(config, { role, instance }, 'ops') ?? [])
}

/**
 * Why a running service is not ready, in its words: the answer of its port of health and metrics, if the target
 * publishes it on this machine. Null if it gives no reason.
 */
export async function whyNotReady(
  config: PlatformConfig,
  plan: Pick<ServicePlan, 'role' | 'instance'>,
): Promise<string | null> {
  const port = hostPort(config, plan, 'ops')
  return port === undefined ? null : askWhyNotReady(port)
}

/** @param address of health and metrics. Null if it gives no reason */
export async function askWhyNotReady(address: Address): Promise<string | null> {
  try {
    const url = `http://${addressText(address)}/readyz`
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    const { reason } = (await response.json()) as { readonly reason?: unknown }
    return typeof reason === 'string' ? reason : null
  } catch {
    return null
  }
}

import type { Address } from '../address.ts'
import { inText, reachedAt } from '../address.ts'
import type { PlatformConfig } from '../config-schema.ts'

/** Where the counter is, from this machine or by the name of a host. */
export function eventsAddress(config: PlatformConfig, host = ingressName(config)): string {
  const { hostPort, path } = config.ingress
  return `http://${inText({ host, port: hostPort })}${path}`
}

/** What a person on this machine calls the host of the ingress. */
function ingressName(config: PlatformConfig): string {
  const { host } = ingressAddress(config)
  return ['127.0.0.1', '::1'].includes(host) ? 'localhost' : host
}

/** Where programs on this machine reach the ingress, on either target. */
export function ingressAddress({ ingress }: PlatformConfig): Address {
  return { host: reachedAt(ingress.hostAddress), port: ingress.hostPort }
}

/** Where the dashboard is, if there is one. */
export function dashboardAddress({ dashboard }: PlatformConfig): string | undefined {
  return dashboard.instances === 0 ? undefined : `http://localhost:${dashboard.hostPort}/`
}

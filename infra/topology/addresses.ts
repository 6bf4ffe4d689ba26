import type { PlatformConfig } from '../config/config-schema.ts'

export type Address = { readonly host: string; readonly port: number }

/** `host:port`, an IPv6 address in brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** What to call where a service listens on every address. */
const anyAddress = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

export const listensOnAll = (host: string): boolean => anyAddress.has(host)

/** The address at which this machine reaches what listens on one of its own. */
export function reachedAt(listening: string): string {
  return anyAddress.get(listening) ?? listening
}

/** Where the counter is, from this machine or by the name of a host. */
export function eventsAddress(config: PlatformConfig, host = ingressName(config)): string {
  const { hostPort, path } = config.ingress
  return `http://${addressText({ host, port: hostPort })}${path}`
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

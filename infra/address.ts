export type Address = { readonly host: string; readonly port: number }

/** `host:port`, an IPv6 address in brackets. */
export function inText({ host, port }: Address): string {
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

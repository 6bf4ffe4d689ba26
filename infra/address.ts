export type Address = { readonly host: string; readonly port: number }

/** `host:port`, an IPv6 address in brackets. */
export function inText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

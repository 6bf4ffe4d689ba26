/**
 * A service whose state the dashboard shows. With a path it is up if that path answers with
 * success, without a path if it accepts TCP connections.
 */
export type WatchedService = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly path: string | undefined
}

const pattern = /^([\w-]+)=(\[[^\]]+\]|[^:/]+):(\d{1,5})(\/\S*)?$/

/** Parses `NAME=HOST:PORT/PATH` or `NAME=HOST:PORT`. Returns undefined for any other text. */
export function parseWatchedService(text: string): WatchedService | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, name = '', host = '', port, path] = match
  return { name, host: host.replace(/^\[|\]$/g, ''), port: Number(port), path }
}

/** `HOST:PORT`, with an IPv6 address in brackets. */
export function addressOf({ host, port }: Pick<WatchedService, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** A service whose being there is shown: it answers on a path, or takes connections where it has none. */
export type WatchedService = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly path: string | undefined
}

const pattern = /^([\w-]+)=(\[[^\]]+\]|[^:/]+):(\d{1,5})(\/\S*)?$/

/** `NAME=HOST:PORT/PATH`, or without a path; undefined where the text is neither. */
export function parseWatchedService(text: string): WatchedService | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, name = '', host = '', port, path] = match
  return { name, host: host.replace(/^\[|\]$/g, ''), port: Number(port), path }
}

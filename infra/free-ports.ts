import { createServer } from 'node:net'
import type { PlatformConfig } from './config-schema.ts'
import type { HostPort } from './host-ports.ts'
import { hostPortsOf } from './host-ports.ts'

/** Those of the ports that something else on this machine has already taken. */
export async function takenPorts(
  config: PlatformConfig,
  ports: readonly HostPort[] = hostPortsOf(config),
): Promise<HostPort[]> {
  const free = await Promise.all(ports.map(({ port, host }) => isFree(port, host)))
  return ports.filter((_, index) => free[index] === false)
}

/** A sentence a port: who wanted it, and the key that moves it. */
export function inSentences(taken: readonly HostPort[]): string {
  return taken
    .map(
      ({ port, key, holder }) =>
        `Port ${port}, which ${holder} needs, is in use: stop what has it, or move ours with --set ${key}=PORT.`,
    )
    .join('\n')
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, host, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}

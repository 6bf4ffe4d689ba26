import { createServer } from 'node:net'
import { hostPortKeys } from '../../infra/topology/host-ports.ts'

/** Below the kernel's range for outgoing connections, so that a port is still free at a restart. */
const ports = { first: 15_000, last: 31_000 }

const allKeys = hostPortKeys()

/**
 * Settings that move the ports of a platform to free ones.
 *
 * @param portsEach number of consecutive ports for each key; each instance uses the next port
 * @param keys keys of the configuration; default: those of all ports
 */
export async function scratchPorts(
  portsEach = 4,
  keys: readonly string[] = allKeys,
): Promise<string[]> {
  return portsFrom(await freeRun(keys.length * portsEach), portsEach, keys)
}

/** The same from a given port on, without a check that the ports are free. */
export function portsFrom(
  first: number,
  portsEach: number,
  keys: readonly string[] = allKeys,
): string[] {
  return keys.map((key, index) => `${key}=${first + index * portsEach}`)
}

/** The first of `count` consecutive free ports. */
export async function freeRun(count: number): Promise<number> {
  for (;;) {
    const room = ports.last - ports.first - count
    const first = ports.first + Math.floor(Math.random() * room)
    const run = Array.from({ length: count }, (_, index) => first + index)
    if ((await Promise.all(run.map(isFree))).every(Boolean)) return first
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}

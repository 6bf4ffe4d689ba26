import { createServer } from 'node:net'
import { hostPortKeys } from '../../infra/topology/host-ports.ts'

/** Below those that the kernel gives to outgoing connections: a restart finds its port free again. */
const ports = { first: 15_000, last: 31_000 }

const allKeys = hostPortKeys()

/**
 * Settings that move ports of a platform to some that nobody else has.
 *
 * @param portsEach how many follow each other for every key, as each instance has the next port
 * @param keys of the configuration; those of all ports where left out
 */
export async function scratchPorts(
  portsEach = 4,
  keys: readonly string[] = allKeys,
): Promise<string[]> {
  return portsFrom(await freeRun(keys.length * portsEach), portsEach, keys)
}

/** The same from a port on, whoever has them. */
export function portsFrom(
  first: number,
  portsEach: number,
  keys: readonly string[] = allKeys,
): string[] {
  return keys.map((key, index) => `${key}=${first + index * portsEach}`)
}

/** The first of `count` ports that are all free. */
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

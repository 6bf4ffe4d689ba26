import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostPortKeys } from '../../infra/topology/host-ports.ts'
import type { PortBlock } from './port-block.ts'
import { reservePortBlock } from './port-block.ts'

const allKeys = hostPortKeys()

/** The ports of this process. Other processes that use this file never get one of them. */
let block: PortBlock | undefined
/** The next port of the block that is tried. */
let next = 0

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

/**
 * The first of `count` consecutive free ports. They stay free for this process, also while it restarts a
 * server on them, until it has used all ports of its block.
 */
export async function freeRun(count: number): Promise<number> {
  block ??= reservePortBlock(join(tmpdir(), 'av-telemetry-ports'))
  const { first, end } = block
  for (let tried = 0; tried + count <= end - first; tried += count) {
    const start = Math.max(next, first)
    const candidate = start + count <= end ? start : first
    // Set before the first await, so that calls at the same time get different ports.
    next = candidate + count
    const run = Array.from({ length: count }, (_, index) => candidate + index)
    if ((await Promise.all(run.map(isFree))).every(Boolean)) return candidate
  }
  throw new Error(`There are no ${count} consecutive free ports from ${first} to ${end - 1}.`)
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

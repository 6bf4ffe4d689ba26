import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostPortKeys } from '../../infra/topology/host-ports.ts'
import type { PortBlock } from './port-block.ts'
import { blocks, reservePortBlock } from './port-block.ts'

const allKeys = hostPortKeys()

/** The ports that this process tries now. Other processes that use this file never get one of them. */
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
 * The first of `count` consecutive free ports, at most the size of a block. This process gets one of them again only
 * when all blocks are reserved: a server of it may be away at the moment, or may not have started yet.
 *
 * @throws Error if this process has no block and all are reserved, or if other programs use the ports
 */
export async function freeRun(count: number): Promise<number> {
  for (let tried = 0; tried + count <= blocks.size; tried += count) {
    const first = takeRun(count)
    const run = Array.from({ length: count }, (_, index) => first + index)
    if ((await Promise.all(run.map(isFree))).every(Boolean)) return first
  }
  throw new Error(`There are no ${count} consecutive free ports in a block of ${blocks.size}.`)
}

/** The first of the next `count` ports of this process. Without an await, so that calls at the same time get others. */
function takeRun(count: number): number {
  if (block === undefined || next + count > block.end) {
    block = nextBlock()
    next = block.first
  }
  const first = next
  next += count
  return first
}

function nextBlock(): PortBlock {
  try {
    return reservePortBlock(join(tmpdir(), 'av-telemetry-ports'))
  } catch (error) {
    if (block === undefined) throw error
    return block
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

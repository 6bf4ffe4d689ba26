import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { releaseLock, takeLock } from '../../services/runtime/process/lock.mjs'
import { makePath } from '../../services/runtime/process/make-path.mjs'

/** Below the kernel's range for outgoing connections, so that a port is still free at a restart. */
export const blocks = { first: 12_000, end: 32_000, size: 1_000 } as const

/** Ports from `first` to `end - 1`. */
export type PortBlock = { readonly first: number; readonly end: number }

/**
 * Reserves a block of ports for this process until it ends. Without it, two test processes could choose
 * the same port: one of them while the platform of the other one restarts.
 *
 * @param folder contains a lock per reserved block; all processes of the machine use the same folder
 * @throws Error if all blocks are reserved
 */
export function reservePortBlock(folder: string): PortBlock {
  makeSharedFolder(folder)
  const count = (blocks.end - blocks.first) / blocks.size
  const start = Math.floor(Math.random() * count)
  for (let index = 0; index < count; index += 1) {
    const first = blocks.first + ((start + index) % count) * blocks.size
    const lock = join(folder, String(first))
    if (!tryLock(lock)) continue
    process.once('exit', () => {
      releaseLock(lock)
    })
    return { first, end: first + blocks.size }
  }
  throw new Error(
    `All ports from ${blocks.first} to ${blocks.end - 1} are reserved by running tests and commands (${folder}). Wait until one of them ends.`,
  )
}

/** All users of the machine may reserve blocks. */
function makeSharedFolder(folder: string): void {
  if (makePath(folder).includes(folder)) chmodSync(folder, 0o1777)
}

function tryLock(lock: string): boolean {
  try {
    return takeLock(lock) === undefined
  } catch (error) {
    // The lock of an ended process of another user cannot be removed.
    if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

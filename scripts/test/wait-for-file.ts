import { existsSync } from 'node:fs'
import { sleep } from '../../services/runtime/retry.ts'

/** Pause between two checks for the file. */
const intervalMs = 500

/**
 * Resolves when the file exists, or when it is not needed.
 *
 * @param isNeeded called repeatedly
 */
export async function waitForFile(
  path: string,
  isNeeded: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  while (isNeeded() && !signal.aborted && !existsSync(path)) await sleep(intervalMs, signal)
}

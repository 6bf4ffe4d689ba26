import type { Log } from '../../services/runtime/log.ts'
import { createLog } from '../../services/runtime/log.ts'

export type KeptLine = {
  readonly level: string
  readonly event: string
  readonly [field: string]: unknown
}

/** A service log that a test can read. */
export function keepLog(): { log: Log; lines: KeptLine[] } {
  const lines: KeptLine[] = []
  const write = (line: string) => lines.push(JSON.parse(line) as KeptLine)
  const log = createLog('test', 'info', { write })
  return { log, lines }
}

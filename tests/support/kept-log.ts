import { pino } from 'pino'
import type { Log } from '../../services/runtime/log.ts'

export type KeptLine = { readonly event: string; readonly [field: string]: unknown }

/** A service log that a test can read. */
export function keepLog(): { log: Log; lines: KeptLine[] } {
  const lines: KeptLine[] = []
  const log = pino(
    { level: 'info', base: null, timestamp: false, messageKey: 'event' },
    { write: (line) => lines.push(JSON.parse(line) as KeptLine) },
  )
  return { log, lines }
}

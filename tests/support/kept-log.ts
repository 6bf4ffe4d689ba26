import type { Logger } from '../../services/runtime/logger.ts'
import { createLogger } from '../../services/runtime/logger.ts'

export type KeptLine = {
  readonly level: string
  readonly event: string
  readonly [field: string]: unknown
}

/** A service log that a test can read. */
export function keepLog(): { logger: Logger; lines: KeptLine[] } {
  const lines: KeptLine[] = []
  const write = (line: string) => lines.push(JSON.parse(line) as KeptLine)
  const logger = createLogger('test', 'info', { write })
  return { logger, lines }
}

import type { Logger } from '../../services/runtime/logger.ts'
import { createLogger } from '../../services/runtime/logger.ts'

export type LogLine = {
  readonly level: string
  readonly event: string
  readonly [field: string]: unknown
}

/** A logger whose lines a test can read. */
export function captureLog(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = []
  const write = (line: string) => lines.push(JSON.parse(line) as LogLine)
  const logger = createLogger('test', 'info', { write })
  return { logger, lines }
}

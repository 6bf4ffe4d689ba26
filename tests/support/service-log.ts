import type { Logger } from '../../services/runtime/logger.ts'
import { createLogger } from '../../services/runtime/logger.ts'

const mostLines = 100
let lines: string[] = []

/** Of the services that run within the tests: printed where a test fails, or all of it at `TEST_LOG_LEVEL`. */
export const serviceLogger: Logger = chooseLog(process.env['TEST_LOG_LEVEL'])

function chooseLog(level: string | undefined): Logger {
  if (level !== undefined) return createLogger('test', level)
  const write = (line: string): void => {
    lines = [...lines.slice(1 - mostLines), line]
  }
  return createLogger('test', 'info', { write })
}

export function clearServiceLog(): void {
  lines = []
}

/** The last lines since `forgetServiceLog`. */
export function recentServiceLog(): string {
  return lines.join('')
}

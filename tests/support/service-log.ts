import type { Logger } from '../../services/runtime/logger.ts'
import { createLogger } from '../../services/runtime/logger.ts'

const maxLines = 100
let lines: string[] = []

/**
 * The logger of services that run inside the test process. Its last lines are printed when a test
 * fails. With `TEST_LOG_LEVEL`, every line of that level is printed immediately.
 */
export const serviceLogger: Logger = createServiceLogger(process.env['TEST_LOG_LEVEL'])

function createServiceLogger(level: string | undefined): Logger {
  if (level !== undefined) return createLogger('test', level)
  const write = (line: string): void => {
    lines = [...lines.slice(1 - maxLines), line]
  }
  return createLogger('test', 'info', { write })
}

export function clearServiceLog(): void {
  lines = []
}

/** The last lines since `clearServiceLog`, at most `maxLines`. */
export function recentServiceLog(): string {
  return lines.join('')
}

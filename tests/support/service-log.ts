import type { Log } from '../../services/runtime/log.ts'
import { createLog } from '../../services/runtime/log.ts'

const mostLines = 100
let lines: string[] = []

/** Of the services that run within the tests: printed where a test fails, or all of it at `TEST_LOG_LEVEL`. */
export const serviceLog: Log = chooseLog(process.env['TEST_LOG_LEVEL'])

function chooseLog(level: string | undefined): Log {
  if (level !== undefined) return createLog('test', level)
  const write = (line: string): void => {
    lines = [...lines.slice(1 - mostLines), line]
  }
  return createLog('test', 'info', { write })
}

export function forgetServiceLog(): void {
  lines = []
}

/** The last lines since `forgetServiceLog`. */
export function lastOfServiceLog(): string {
  return lines.join('')
}

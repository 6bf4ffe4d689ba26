import { pino } from 'pino'
import { escapeControlsInJson } from './process/printable.mjs'

export type Logger = pino.Logger

/**
 * Writes one JSON object per line. Control characters are escaped. The level `error` means that an operator must act. Event names
 * are stable.
 *
 * @param out by default standard output
 */
export function createLogger(service: string, level: string, out?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'event',
    formatters: { level: (label) => ({ level: label }) },
    // JSON escapes only U+0000 to U+001F.
    hooks: { streamWrite: escapeControlsInJson },
  }
  return out ? pino(options, out) : pino(options)
}

/** The message and code of an error, as fields for a log line. */
export function errorFields(error: unknown): { error: string; code?: string } {
  if (!(error instanceof Error)) return { error: String(error) }
  const code = (error as { code?: unknown }).code
  const message = error.message === '' ? error.name : error.message
  return typeof code === 'string' ? { error: message, code } : { error: message }
}

import { escapeControls } from '../../services/runtime/process/printable.mjs'

/** Writes the log lines of a service for people: time, level, event, and the other fields. */
export const readableLog = {
  write(line: string): void {
    process.stdout.write(`${toReadable(line)}\n`)
  },
}

/** @param line a log line, which is a JSON object */
export function toReadable(line: string): string {
  const { time, level, event, service: _, pid: __, ...fields } = JSON.parse(line) as LogLine
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${toText(value)}`)
  return escapeControls([time.slice(11, 19), level.padEnd(5), event, ...rest].join(' '))
}

type LogLine = {
  /** ISO 8601 in UTC. */
  readonly time: string
  readonly level: string
  readonly event: string
  readonly service: string
  readonly pid: number
  readonly [field: string]: unknown
}

/** A text with spaces is quoted, so that the fields can be told apart. */
function toText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
}

import { STATUS_CODES } from 'node:http'
import type { Answer } from '../problem.ts'

let date = ''
/** Seconds since the Unix epoch. */
let dateSecond = 0

/** A date for the header `Date`. Written once a second. */
function httpDate(): string {
  const second = Math.trunc(Date.now() / 1_000)
  if (second !== dateSecond) {
    dateSecond = second
    date = new Date(second * 1_000).toUTCString()
  }
  return date
}

/** The answer as `node:http` writes it on a connection that is kept alive. */
export function writeAnswer({ status, headers, text }: Answer, keepAliveTimeoutMs: number): string {
  let lines = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (const [name, value] of Object.entries(headers)) lines += `${name}: ${value}\r\n`
  return `${lines}content-length: ${Buffer.byteLength(text)}\r\nDate: ${httpDate()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1_000)}\r\n\r\n${text}`
}

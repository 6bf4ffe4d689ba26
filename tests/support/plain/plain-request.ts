import { aReadingJson } from '../builders.ts'

export type RequestParts = {
  readonly requestLine: string
  /** Lines without their ends. */
  readonly headerLines: readonly string[]
  readonly body: Buffer
}

/** A reading of now, for the default retention. */
export function aRecentReading(overrides: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify(aReadingJson({ timestamp: new Date().toISOString(), ...overrides }))
}

/** A plain request. */
export function aPlainRequest(text = aRecentReading()): RequestParts {
  const body = Buffer.from(text)
  return {
    requestLine: 'POST /events HTTP/1.1',
    headerLines: [
      'Host: localhost',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ],
    body,
  }
}

export function toBytes({ requestLine, headerLines, body }: RequestParts, eol = '\r\n'): Buffer {
  const head = [requestLine, ...headerLines, '', ''].join(eol)
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}

import type { ServerResponse } from 'node:http'

/** A problem document (RFC 9457) with its HTTP status and headers. */
export type Problem = {
  readonly status: number
  readonly title: string
  readonly detail: string
  /** Additional members of the problem document. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

export function sendProblem(response: ServerResponse, problem: Problem): void {
  const { status, headers } = problem
  const body = toProblemBody(problem)
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}

export function toProblemBody({ status, title, detail, extra }: Problem): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail, ...extra })
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

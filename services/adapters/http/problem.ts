import type { ServerResponse } from 'node:http'
import { countedFromBytes, reserveBody } from './limits/response-budget.ts'

/** A problem document (RFC 9457) with its HTTP status and headers. */
export type Problem = {
  readonly status: number
  readonly title: string
  readonly detail: string
  /** Additional members of the problem document. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** A status with its headers, and a body that is in memory. */
export type Answer = {
  readonly status: number
  /** Without the length of the body. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export function problemAnswer(problem: Problem): Answer {
  const { status, headers } = problem
  const type = 'application/problem+json'
  return { status, headers: { 'content-type': type, ...headers }, text: toProblemBody(problem) }
}

export function jsonAnswer(status: number, value: unknown): Answer {
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  return { status, headers, text: JSON.stringify(value) }
}

export function sendAnswer(response: ServerResponse, answer: Answer): void {
  sendText(response, answer.text, answer)
}

export function sendProblem(response: ServerResponse, problem: Problem): void {
  sendAnswer(response, problemAnswer(problem))
}

export function toProblemBody({ status, title, detail, extra }: Problem): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail, ...extra })
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendAnswer(response, jsonAnswer(status, value))
}

/** The memory for responses is full (`ResponseBudget`). */
export const responseMemoryFull: Problem = {
  status: 503,
  title: 'Memory for responses is full',
  detail:
    'Other clients have not taken their responses yet, and there is no memory for this one. Send the same request again later.',
  headers: { 'retry-after': '5' },
}

type Head = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
}

/** Sends a body that is in memory, or 503 if the memory for responses is full. */
export function sendText(response: ServerResponse, text: string, { status, headers }: Head): void {
  const length = Buffer.byteLength(text)
  if (!reserveBody(response, length)) {
    sendProblem(response, responseMemoryFull)
    return
  }
  response.writeHead(status, { ...headers, 'content-length': length })
  // Node keeps a large text as well as its bytes until the client has taken them.
  if (length < countedFromBytes) endInOneWrite(response, text)
  else response.end(Buffer.from(text))
}

/** `end(text)` would give the socket two pieces, the second one empty. That costs more than one piece. */
function endInOneWrite(response: ServerResponse, text: string): void {
  const { socket } = response
  socket?.cork()
  response.write(text)
  socket?.uncork()
  response.end()
}

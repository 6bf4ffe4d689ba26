import type { Server, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Problem } from './problem.ts'
import { toProblemBody } from './problem.ts'

const unreadableRequest: Problem = {
  status: 400,
  title: 'Unreadable request',
  detail: 'The request is not valid HTTP/1.1 (RFC 9112).',
}
export const requestTimeout: Problem = {
  status: 408,
  title: 'Request timeout',
  detail: 'The request did not arrive completely in time. Send it again unchanged.',
}
/** Problems by the error code of Node (Node.js documentation, Errors). */
const problemOfCode: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'Headers too large',
    detail:
      'All headers of a request together must not exceed 16 KiB. Send fewer or shorter headers.',
  },
}

/** The answer to a request that does not arrive in time. Its URL is undefined if the headers are incomplete. */
export type TimeoutProblem = (url: string | undefined) => Problem

type ClientErrorOptions = {
  /** Returns the response that is being sent on a connection. */
  readonly currentResponse: (socket: Socket) => ServerResponse | undefined
  readonly timeoutProblem: TimeoutProblem
}

/**
 * Answers bytes that Node cannot parse as a request, and requests that do not arrive in time, with a problem
 * document. Closes the connection.
 */
export function answerClientErrors(
  server: Server,
  { currentResponse, timeoutProblem }: ClientErrorOptions,
): void {
  const problemOf = ({ code = '' }: NodeJS.ErrnoException, url: string | undefined): Problem =>
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? timeoutProblem(url)
      : (problemOfCode[code] ?? unreadableRequest)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // After the headers of a response were sent, a second response would corrupt it.
    const response = currentResponse(socket)
    const canRespond = !response?.headersSent || response.writableEnded
    if (socket.writable && canRespond && error.code !== 'ECONNRESET') {
      socket.write(toHttpResponse(problemOf(error, response?.req.url)))
    }
    socket.destroySoon()
  })
}

function toHttpResponse(problem: Problem): string {
  const { status, headers = {} } = problem
  const body = toProblemBody(problem)
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

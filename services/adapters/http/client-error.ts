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
  ERR_HTTP_REQUEST_TIMEOUT: requestTimeout,
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'Headers too large',
    detail:
      'All headers of a request together must not exceed 16 KiB. Send fewer or shorter headers.',
  },
}

/**
 * Answers bytes that Node cannot parse as a request with a problem document, and closes the
 * connection.
 *
 * @param currentResponse returns the response that is being sent on a connection
 */
export function answerClientErrors(
  server: Server,
  currentResponse: (socket: Socket) => ServerResponse | undefined,
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // After the headers of a response were sent, a second response would corrupt it.
    const response = currentResponse(socket)
    const canRespond = !response?.headersSent || response.writableEnded
    if (socket.writable && canRespond && error.code !== 'ECONNRESET') {
      socket.write(toHttpResponse(problemOfCode[error.code ?? ''] ?? unreadableRequest))
    }
    socket.destroySoon()
  })
}

function toHttpResponse(problem: Problem): string {
  const { status } = problem
  const body = toProblemBody(problem)
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

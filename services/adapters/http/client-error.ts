import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Problem } from './problem.ts'
import { toProblemBody } from './problem.ts'

const unreadableRequest: Problem = {
  status: 400,
  title: 'Unreadable request',
  detail: 'This is no HTTP/1.1 request; see RFC 9112.',
}
export const requestTimeout: Problem = {
  status: 408,
  title: 'Request timeout',
  detail: 'The request did not come whole in its time; send it again unchanged.',
}
/** By the codes of Node's errors (Node.js documentation, Errors). */
const problemOfCode: Readonly<Record<string, Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: requestTimeout,
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'Headers too large',
    detail: 'The headers of a request have up to 16 KiB together; send fewer or shorter ones.',
  },
}

/** Answers what never becomes a request as all other mistakes are answered, and ends the connection. */
export function answerClientErrors(server: Server): void {
  const currentResponse = new WeakMap<Socket, ServerResponse>()
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    currentResponse.set(socket, response)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Within an answer that has begun there is no place for another one.
    const response = currentResponse.get(socket)
    const isFree = !response?.headersSent || response.writableEnded
    if (socket.writable && isFree && error.code !== 'ECONNRESET') {
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

import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import { Agent as TlsAgent, request as requestOverTls } from 'node:https'
import type { HttpResponse } from './response.ts'
import { parseRetryAfter } from './retry-after.ts'

/** Sends POST requests to the server. */
export interface PostPort {
  /** Rejects if no complete response arrives: connection refused or broken, timeout, closed. */
  post(body: string): Promise<HttpResponse>
  /** Aborts requests in flight; they reject. */
  close(): void
}

export type HttpPostOptions = {
  readonly url: URL
  /** Sent as a bearer token (RFC 6750). */
  readonly token?: string
  /** PEM text of the authorities that are trusted for `https:`; default: those that Node.js knows. */
  readonly ca?: string
  /** From the request to the end of the response. */
  readonly timeoutMs: number
  readonly maxSockets: number
}

const maxResponseBytes = 4 * 1024 * 1024

/** Posts JSON over kept-alive connections, with TLS if the URL begins with `https:`. */
export class HttpPost implements PostPort {
  readonly #options: HttpPostOptions
  readonly #agent: Agent
  #closed = false

  constructor(options: HttpPostOptions) {
    this.#options = options
    const { url, ca, maxSockets } = options
    const agentOptions = { keepAlive: true, maxSockets }
    this.#agent =
      url.protocol === 'https:'
        ? new TlsAgent({ ...agentOptions, ...(ca !== undefined && { ca }) })
        : new Agent(agentOptions)
  }

  async post(body: string): Promise<HttpResponse> {
    const first = this.#newRequest(body)
    try {
      return await send(first, body)
    } catch (error) {
      // The server can close an idle connection just when it is reused: retry once.
      const stale = first.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
      if (!stale || this.#closed) throw error
      return send(this.#newRequest(body), body)
    }
  }

  close(): void {
    this.#closed = true
    this.#agent.destroy()
  }

  #newRequest(body: string): ClientRequest {
    const { url, token, timeoutMs } = this.#options
    const send = url.protocol === 'https:' ? requestOverTls : request
    const clientRequest = send(url, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    })
    const timer = setTimeout(() => {
      clientRequest.destroy(new Error(`no response within ${timeoutMs / 1000} s`))
    }, timeoutMs)
    clientRequest.once('close', () => {
      clearTimeout(timer)
    })
    return clientRequest
  }
}

function send(clientRequest: ClientRequest, body: string): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    clientRequest.once('error', reject)
    clientRequest.once('response', (response) => {
      readResponse(response).then(resolve, reject)
    })
    // Node.js reports HTTP 101 as "upgrade", neither as a response nor as an error.
    clientRequest.once('upgrade', ({ statusCode }, socket) => {
      socket.destroy()
      reject(new Error(`HTTP ${statusCode ?? 0}`))
    })
    clientRequest.end(body)
  })
}

async function readResponse(response: IncomingMessage): Promise<HttpResponse> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxResponseBytes) throw new Error(`response larger than ${maxResponseBytes} bytes`)
  }
  return {
    status: response.statusCode ?? 0,
    retryAfterMs: parseRetryAfter(response.headers, Date.now()),
    body: Buffer.concat(chunks).toString(),
  }
}

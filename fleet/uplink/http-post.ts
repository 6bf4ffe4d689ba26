import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import type { HttpAnswer } from './answer.ts'
import { parseRetryAfter } from './retry-after.ts'

/** How the uplink reaches the server. */
export interface PostPort {
  /** Rejects where no whole answer came: refused or broken connection, timeout, closed. */
  post(body: string): Promise<HttpAnswer>
  /** Breaks off what is in flight, which then rejects. */
  close(): void
}

export type HttpPostOptions = {
  readonly url: URL
  /** Sent as a bearer token (RFC 6750). */
  readonly token?: string
  /** Milliseconds from the request to the end of the answer. */
  readonly timeout: number
  readonly maxSockets: number
}

const longestAnswer = 4 * 1024 * 1024

/** Posts JSON over kept-alive connections. */
export class HttpPost implements PostPort {
  readonly #options: HttpPostOptions
  readonly #agent: Agent
  #closed = false

  constructor(options: HttpPostOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.maxSockets })
  }

  async post(body: string): Promise<HttpAnswer> {
    const first = this.#newRequest(body)
    try {
      return await answerTo(first, body)
    } catch (error) {
      // The server may close an idle connection at the very moment when it is used again.
      const stale = first.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
      if (!stale || this.#closed) throw error
      return answerTo(this.#newRequest(body), body)
    }
  }

  close(): void {
    this.#closed = true
    this.#agent.destroy()
  }

  #newRequest(body: string): ClientRequest {
    const { url, token, timeout } = this.#options
    const posted = request(url, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    })
    const timer = setTimeout(() => {
      posted.destroy(new Error(`no answer within ${timeout / 1000} s`))
    }, timeout)
    posted.once('close', () => {
      clearTimeout(timer)
    })
    return posted
  }
}

function answerTo(posted: ClientRequest, body: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    posted.once('error', reject)
    posted.once('response', (response) => {
      readAnswer(response).then(resolve, reject)
    })
    // HTTP 101, which nobody asked for, is neither a response nor an error.
    posted.once('upgrade', ({ statusCode }, socket) => {
      socket.destroy()
      reject(new Error(`HTTP ${statusCode ?? 0}`))
    })
    posted.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > longestAnswer) throw new Error(`an answer of over ${longestAnswer} bytes`)
  }
  return {
    status: response.statusCode ?? 0,
    retryAfter: parseRetryAfter(response.headers, Date.now()),
    body: Buffer.concat(chunks).toString(),
  }
}

import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Answer } from '../problem.ts'
import { writeAnswer } from './plain-answer.ts'
import type { PlainHeads } from './plain-head.ts'

export type PlainRequest = {
  readonly headers: IncomingHttpHeaders
  readonly socket: Socket
  readonly body: Buffer
}

/**
 * Handles a plain request and resolves with the answer; never rejects. Returns undefined, and has changed nothing,
 * if `node:http` has to handle the request.
 */
export type HandlePlain = (request: PlainRequest) => Promise<Answer> | undefined

export type PlainConnectionOptions = {
  readonly heads: PlainHeads
  readonly handle: HandlePlain
  /** As `server.keepAliveTimeout`. */
  readonly keepAliveTimeoutMs: number
  /** As `server.timeout`. */
  readonly idleTimeoutMs: number
  readonly isDraining: () => boolean
  /** Gives the connection to `node:http`. */
  readonly serveHttp: () => void
  /** Called when the connection is closed or is given to `node:http`. */
  readonly onLeave: (connection: PlainConnection) => void
}

/**
 * A connection that sends nothing for this time is given to `node:http`, which also limits how long a client
 * may take for its first request.
 */
const firstRequestTimeoutMs = 1_000

/**
 * A connection on which only plain requests have arrived, each in one piece. It keeps no bytes: what the socket has
 * read is exactly one request, or it goes back to the socket, and `node:http` takes the connection for good. So no
 * byte is ever read by both, and a request that hides another one is never plain.
 */
export class PlainConnection {
  readonly #socket: Socket
  readonly #options: PlainConnectionOptions
  /** Whether a request is being handled, or its answer is being written. */
  #isBusy = false
  #hasAnswered = false
  /** Whether bytes were put back into the socket until the current answer is written. */
  #isHeld = false
  /** Whether the client has closed its sending half. */
  #hasEnded = false
  #isOverdue = false

  constructor(socket: Socket, options: PlainConnectionOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('data', this.#receive).on('end', this.#onEnd).on('timeout', this.#onTimeout)
    socket.on('close', this.#leave).on('error', ignore)
    socket.setTimeout(firstRequestTimeoutMs)
  }

  /** Closes the connection if it waits for a further request, as `closeIdleConnections` does. */
  drain(): void {
    if (this.#isBusy) return
    if (this.#hasAnswered) this.#socket.destroy()
    else this.#giveToHttp()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  readonly #receive = (bytes: Buffer): void => {
    if (this.#isBusy) {
      this.#hold(bytes)
      return
    }
    const { heads, handle } = this.#options
    const read = heads.read(bytes)
    const answer = read && handle({ socket: this.#socket, headers: read.headers, body: read.body })
    if (answer === undefined) {
      this.#giveToHttp(bytes)
      return
    }
    this.#isBusy = true
    void answer.then(this.#answer)
  }

  /** The socket is not read until the answer is written. So the client cannot fill the memory. */
  #hold(bytes: Buffer): void {
    this.#isHeld = true
    this.#socket.pause()
    this.#socket.unshift(bytes)
  }

  readonly #answer = (answer: Answer): void => {
    // The client has disconnected.
    if (!this.#socket.writable) return
    const { keepAliveTimeoutMs } = this.#options
    this.#socket.write(writeAnswer(answer, keepAliveTimeoutMs))
    if (!this.#hasAnswered || this.#isOverdue) this.#socket.setTimeout(keepAliveTimeoutMs)
    this.#hasAnswered = true
    this.#isOverdue = false
    // Usually the kernel takes the answer at once. Then no callback is needed, which would cost a turn of its own.
    if (this.#socket.writableLength === 0) this.#onAnswered(this.#socket.errored)
    else this.#socket.write('', this.#onAnswered)
  }

  readonly #onAnswered = (error?: Error | null): void => {
    if (error) return
    this.#isBusy = false
    if (this.#hasEnded) this.#socket.destroySoon()
    else if (this.#options.isDraining()) this.#giveToHttp()
    else if (this.#isHeld) {
      this.#isHeld = false
      this.#socket.resume()
    }
  }

  #giveToHttp(bytes?: Buffer): void {
    const socket = this.#socket
    this.#leave()
    socket.off('data', this.#receive).off('end', this.#onEnd).off('timeout', this.#onTimeout)
    socket.off('close', this.#leave).off('error', ignore)
    socket.pause()
    if (bytes !== undefined) socket.unshift(bytes)
    this.#options.serveHttp()
    socket.resume()
  }

  readonly #leave = (): void => {
    this.#options.onLeave(this)
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    if (!this.#isBusy) this.#socket.end()
  }

  readonly #onTimeout = (): void => {
    if (this.#isBusy && !this.#isOverdue) {
      // The limit of a connection whose answer is not taken is longer than that of an idle one.
      this.#isOverdue = true
      const { idleTimeoutMs, keepAliveTimeoutMs } = this.#options
      this.#socket.setTimeout(idleTimeoutMs - keepAliveTimeoutMs)
    } else if (this.#isBusy || this.#hasAnswered) this.#socket.destroy()
    else this.#giveToHttp()
  }
}

// An error closes the socket. Without a listener it would end the process.
function ignore(): void {
  return undefined
}

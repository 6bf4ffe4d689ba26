import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Serves the requests of a connection one after another. Node reads a connection in chunks of 64 KiB
 * and would call the listener for every pipelined request of a chunk at once. Their responses wait
 * for each other, and a response that waits is not notified when its connection is closed, so what
 * the listener opened for it would stay open. Here a request waits until the response before it is
 * complete, and the connection is not read meanwhile.
 */

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

type Connection = {
  readonly socket: Socket
  /** The request that is being served. */
  current: Exchange | undefined
  /** Requests of the last piece of bytes that wait for their turn: at most a few dozen. */
  waiting: Exchange[]
  /** Whether bytes were put back into the socket until the current response is complete. */
  isHeld: boolean
}

/** Node parses at most this many bytes before the next check whether a request is being served. */
const maxPieceBytes = 1_024

export class RequestSequencer {
  readonly #listener: RequestListener
  readonly #connections = new WeakMap<Socket, Connection>()
  #isDraining = false

  constructor(listener: RequestListener) {
    this.#listener = listener
  }

  /** Handles the requests of the server. Each of its connections must be given to `join`. */
  serve(server: Server): void {
    // Node gives requests with an `Expect` that it does not know to the second event.
    for (const event of ['request', 'checkExpectation']) {
      server.on(event, (request: IncomingMessage, response: ServerResponse) => {
        this.#receive(request, response)
      })
    }
  }

  /** Takes over the bytes of a connection after the HTTP server has added its listeners to it. */
  join(socket: Socket): void {
    const connection: Connection = { socket, current: undefined, waiting: [], isHeld: false }
    this.#connections.set(socket, connection)
    const [parse] = socket.listeners('data') as ((bytes: Buffer) => void)[]
    if (parse === undefined) return
    socket.off('data', parse)
    socket.on('data', (bytes: Buffer) => {
      parseInPieces(connection, bytes, parse)
    })
  }

  /** The response that is being sent on a connection; undefined between two requests. */
  currentResponse(socket: Socket): ServerResponse | undefined {
    return this.#connections.get(socket)?.current?.response
  }

  /** From now on each response is the last one of its connection. */
  drain(): void {
    this.#isDraining = true
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket)
    if (connection === undefined) request.socket.destroy()
    else if (connection.current === undefined) this.#start(connection, { request, response })
    else connection.waiting.push({ request, response })
  }

  #start(connection: Connection, exchange: Exchange): void {
    const { request, response } = exchange
    connection.current = exchange
    response.once('close', () => {
      this.#startNext(connection)
    })
    if (this.#isDraining) response.setHeader('connection', 'close')
    this.#listener(request, response)
  }

  #startNext(connection: Connection): void {
    const { socket } = connection
    connection.current = undefined
    // After the last response of a connection the client must send the other requests again.
    if (!socket.writable) {
      connection.waiting = []
      return
    }
    const next = connection.waiting.shift()
    if (next !== undefined) this.#start(connection, next)
    else if (connection.isHeld) {
      connection.isHeld = false
      socket.resume()
    }
  }
}

function parseInPieces(
  connection: Connection,
  bytes: Buffer,
  parse: (bytes: Buffer) => void,
): void {
  const { socket } = connection
  let rest = bytes
  while (rest.length > 0 && !socket.destroyed) {
    const { current } = connection
    if (current?.request.complete) {
      connection.isHeld = true
      socket.pause()
      socket.unshift(rest)
      return
    }
    const size = maxPieceBytesOf(current)
    if (rest.length <= size) {
      parse(rest)
      return
    }
    parse(rest.subarray(0, size))
    rest = rest.subarray(size)
  }
}

/** Within a body of known length, the length is the limit, so that large bodies are parsed at once. */
function maxPieceBytesOf(current: Exchange | undefined): number {
  const bodyBytes = Number(current?.request.headers['content-length'] ?? 0)
  return Math.max(maxPieceBytes, bodyBytes)
}

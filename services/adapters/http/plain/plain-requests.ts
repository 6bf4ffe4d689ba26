import type { Socket } from 'node:net'
import type { PlainHeadOptions } from './plain-head.ts'
import { PlainHeads } from './plain-head.ts'
import type { HandlePlain, PlainConnectionOptions } from './plain-connection.ts'
import { PlainConnection } from './plain-connection.ts'

/**
 * Requests that are answered on the socket, without `node:http`: most requests of a service have the same path
 * and the same few headers, and for them the parser, the streams and the headers of `node:http` cost more than
 * the work itself.
 */
export type PlainListener = {
  /** The path of the requests; their method is POST. */
  readonly path: string
  readonly handle: HandlePlain
}

export type PlainRequestsOptions = Pick<PlainHeadOptions, 'isAccepted'> &
  Pick<PlainConnectionOptions, 'keepAliveTimeoutMs' | 'idleTimeoutMs'>

/** The connections of a server on which only plain requests have arrived. */
export class PlainRequests {
  readonly #options: Omit<PlainConnectionOptions, 'serveHttp'>
  readonly #connections = new Set<PlainConnection>()
  #isDraining = false

  constructor({ path, handle }: PlainListener, options: PlainRequestsOptions) {
    const { isAccepted, ...timeouts } = options
    this.#options = {
      ...timeouts,
      heads: new PlainHeads({ path, isAccepted }),
      handle,
      isDraining: () => this.#isDraining,
      onLeave: (connection) => {
        this.#connections.delete(connection)
      },
    }
  }

  /**
   * Serves a new connection.
   *
   * @param serveHttp gives it to `node:http`. Called when the first bytes arrive that are not a complete plain request
   */
  take(socket: Socket, serveHttp: () => void): void {
    this.#connections.add(new PlainConnection(socket, { ...this.#options, serveHttp }))
  }

  /** Closes the idle connections. The others get their answers and then belong to `node:http`. */
  drain(): void {
    this.#isDraining = true
    for (const connection of this.#connections) connection.drain()
  }

  /** Closes the connections whose requests have no answer yet. */
  closeAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { solidColourPng } from './map-tiles.ts'

/** An HTTP server that returns map tiles in one colour. */
export class TileServer {
  readonly #server: Server
  port = 0

  /** @param colour `#rrggbb` */
  constructor(colour: string) {
    const tile = solidColourPng(colour)
    this.#server = createServer((request, response) => {
      const isTile = /^\/\d+\/\d+\/\d+\.png$/.test(request.url ?? '')
      const headers = { 'content-type': 'image/png', 'access-control-allow-origin': '*' }
      response.writeHead(isTile ? 200 : 404, headers).end(isTile ? tile : '')
    })
  }

  async start(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}

import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ReceivedReading = {
  readonly vin: string
  readonly sequence: number
  readonly timestamp: string
}

/** An HTTP server for an uplink. Accepts readings like a platform, or returns 503. */
export class TelemetryServer implements AsyncDisposable {
  /** Readings of the POSTs answered with 202, in order. */
  readonly acknowledged: ReceivedReading[] = []
  /** Unless false, the server returns 503. A string is sent as `Retry-After`. */
  unavailable: string | true | false = false
  /** Called with the readings of each POST before the response is sent. */
  onReadings: (readings: readonly ReceivedReading[]) => Promise<void> | void = () => undefined
  readonly #server: Server
  #posts = 0

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#respond(request, response)
    })
  }

  static async start(): Promise<TelemetryServer> {
    const server = new TelemetryServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  /** `HOST:PORT`. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get posts(): number {
    return this.#posts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    this.#posts += 1
    if (this.unavailable !== false) {
      const header = this.unavailable === true ? {} : { 'retry-after': this.unavailable }
      response.writeHead(503, header).end('{}')
      return
    }
    const readings = JSON.parse(body) as ReceivedReading[]
    await this.onReadings(readings)
    this.acknowledged.push(...readings)
    response.writeHead(202).end(JSON.stringify({ accepted: readings.length, rejected: [] }))
  }
}

/** The received sequence numbers of each vehicle, sorted, to check for duplicates and gaps. */
export function sequencesByVin(readings: readonly ReceivedReading[]): Map<string, number[]> {
  const byVin = new Map<string, number[]>()
  for (const { vin, sequence } of readings) {
    const sequences = byVin.get(vin) ?? []
    sequences.push(sequence)
    byVin.set(vin, sequences)
  }
  for (const sequences of byVin.values()) sequences.sort((a, b) => a - b)
  return byVin
}

import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ReceivedReading = {
  readonly vin: string
  readonly sequence: number
  readonly timestamp: string
}

/** The far end of an uplink over HTTP: takes readings as a platform does, or is away. */
export class TelemetryServer implements AsyncDisposable {
  /** Readings of the answered POSTs, in their order. */
  readonly acknowledged: ReceivedReading[] = []
  /** Answers 503 while it is set, with this as `Retry-After` where it is a text. */
  unavailable: string | true | false = false
  /** Told of the readings of each POST before it is answered. */
  onReadings: (readings: readonly ReceivedReading[]) => Promise<void> | void = () => undefined
  readonly #server: Server
  #posts = 0

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response)
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

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
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

/** What a platform has no place for twice, and what must lie without gaps. */
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

import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import type { VehicleStateJson } from '../../services/telemetry/track/latest-state.ts'

export type StreamEvent = { readonly name: string; readonly value: unknown }

type FleetEvent = {
  readonly vehicles: readonly VehicleStateJson[]
  readonly gone?: readonly string[]
}

/** A client of the dashboard's event stream, as a browser would be. */
export class StreamClient implements Disposable {
  readonly events: StreamEvent[] = []
  /** The last received state of each vehicle, by vin. */
  readonly vehicles = new Map<string, VehicleStateJson>()
  heartbeats = 0
  isClosed = false
  readonly #response: IncomingMessage
  #incomplete = ''

  private constructor(response: IncomingMessage) {
    this.#response = response
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      this.#read(text)
    })
    response.on('error', () => undefined)
    response.on('close', () => {
      this.isClosed = true
    })
  }

  static open(url: string, headers: Record<string, string> = {}): Promise<StreamClient> {
    return new Promise((resolve, reject) => {
      const request = get(`${url}/api/stream`, { agent: false, headers }, (response) => {
        if (response.statusCode === 200) resolve(new StreamClient(response))
        else reject(new Error(`GET /api/stream returned ${response.statusCode ?? 0}`))
      })
      request.on('error', reject)
    })
  }

  get isLive(): boolean {
    return this.events.some(({ name }) => name === 'live')
  }

  eventsNamed(name: string): StreamEvent[] {
    return this.events.filter((event) => event.name === name)
  }

  /** Stops reading from the connection, like a hanging browser. */
  stopReading(): void {
    this.#response.pause()
  }

  #read(text: string): void {
    const blocks = `${this.#incomplete}${text}`.split('\n\n')
    this.#incomplete = blocks.pop() ?? ''
    for (const block of blocks) this.#handleBlock(block)
  }

  #handleBlock(block: string): void {
    if (block.startsWith(':')) this.heartbeats += 1
    const [, name, json] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? []
    if (name === undefined || json === undefined) return
    const value: unknown = JSON.parse(json)
    this.events.push({ name, value })
    if (name !== 'snapshot' && name !== 'update') return
    const { vehicles, gone = [] } = value as FleetEvent
    for (const state of vehicles) this.vehicles.set(state.vin, state)
    for (const vin of gone) this.vehicles.delete(vin)
  }

  [Symbol.dispose](): void {
    this.#response.destroy()
  }
}

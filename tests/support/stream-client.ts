import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import type { VehicleStateJson } from '../../services/telemetry/track/latest-state.ts'

export type StreamEvent = { readonly name: string; readonly value: unknown }

type FleetEvent = { readonly vehicles: readonly VehicleStateJson[] }

/** A browser on the stream of a dashboard, as far as the protocol goes. */
export class StreamClient implements Disposable {
  readonly events: StreamEvent[] = []
  /** The last state of each vehicle that was told. */
  readonly vehicles = new Map<string, VehicleStateJson>()
  heartbeats = 0
  isClosed = false
  readonly #response: IncomingMessage
  #rest = ''

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
        else reject(new Error(`answered ${response.statusCode ?? 0}`))
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

  /** Reads nothing any more, as a browser that hangs. */
  stopReading(): void {
    this.#response.pause()
  }

  #read(text: string): void {
    const blocks = `${this.#rest}${text}`.split('\n\n')
    this.#rest = blocks.pop() ?? ''
    for (const block of blocks) this.#take(block)
  }

  #take(block: string): void {
    if (block.startsWith(':')) this.heartbeats += 1
    const [, name, json] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? []
    if (name === undefined || json === undefined) return
    const value: unknown = JSON.parse(json)
    this.events.push({ name, value })
    if (name !== 'snapshot' && name !== 'update') return
    for (const state of (value as FleetEvent).vehicles) this.vehicles.set(state.vin, state)
  }

  [Symbol.dispose](): void {
    this.#response.destroy()
  }
}

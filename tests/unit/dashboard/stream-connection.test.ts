import { createServer } from 'node:http'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import { encodeEvent, fleetEvents } from '../../../services/dashboard/live/stream-events.ts'
import { StreamConnection } from '../../../services/dashboard/live/stream-connection.ts'
import { aReading, noon } from '../../support/builders.ts'

type Chunk = { readonly chunk: Buffer }

/** A connection that accepts as many bytes as it is told to. */
class SlowConnection extends Duplex {
  taken = ''
  #waiting: Buffer = Buffer.alloc(0)
  #onTaken: (() => void) | undefined

  constructor() {
    super({ decodeStrings: true })
  }

  override _read(): void {
    // What is sent is pushed.
  }

  override _write(chunk: Buffer, _: string, onTaken: () => void): void {
    this._writev([{ chunk }], onTaken)
  }

  override _writev(chunks: Chunk[], onTaken: () => void): void {
    this.#waiting = Buffer.concat(chunks.map(({ chunk }) => chunk))
    this.#onTaken = onTaken
  }

  async accept(bytes: number): Promise<void> {
    const taken = this.#waiting.subarray(0, bytes)
    this.taken += taken.toString()
    this.#waiting = this.#waiting.subarray(bytes)
    if (this.#waiting.length === 0) {
      const onTaken = this.#onTaken
      this.#onTaken = undefined
      onTaken?.()
    }
    await turn()
  }

  async takeUntil(text: string): Promise<void> {
    while (!this.taken.includes(text)) await this.accept(Infinity)
    this.taken = ''
  }
}

const vehicles = 1_000
const metadata = { filling: 'x'.repeat(2_000) }

describe('a reader of the stream', () => {
  let fleet: LiveFleet
  let connection: SlowConnection
  let reader: StreamConnection

  function report(speed: number): void {
    for (let index = 0; index < vehicles; index += 1) {
      const reading = aReading({ vin: `V-${index}`, recordedAt: noon + speed, metadata })
      fleet.apply({ reading: { ...reading, speed }, receivedAt: noon, receipt: null })
    }
  }

  /** All of them report once more, which is sent as the hub does. */
  function sendChanges(speed: number): void {
    const from = fleet.version
    report(speed)
    const vins = fleet.changedSince(from)
    const changes = [...fleetEvents(fleet, { name: 'update', vins, removed: [], nowMs: 0 })]
    reader.sendUpdate(changes, { from, to: fleet.version })
  }

  beforeEach(async () => {
    fleet = new LiveFleet(vehicles)
    report(1)
    connection = new SlowConnection()
    const server = createServer((_, response) => {
      reader = new StreamConnection(response, fleet)
      reader.start()
    })
    server.emit('connection', connection)
    connection.push('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await connection.takeUntil('event: live')
    await turn()
  })

  it('is one who reads as long as he takes a little now and then', async () => {
    sendChanges(2)
    for (let round = 0; round < 20; round += 1) {
      const begun = performance.now()
      for (let piece = 0; piece < 10; piece += 1) await connection.accept(8_192)
      const now = performance.now()
      expect(reader.blockedForMs(now)).to.be.at.most(now - begun)
    }
    expect(connection.taken.length).to.be.greaterThan(1_000_000)
  })

  it('is blocked since he has taken something for the last time', async () => {
    sendChanges(2)
    for (let piece = 0; piece < 10; piece += 1) await connection.accept(8_192)
    expect(reader.blockedForMs(performance.now() + 60_000)).to.be.at.least(60_000)
  })

  it('is told the latest where he is slow, and how the platform is', async () => {
    sendChanges(2)
    for (let piece = 0; piece < 10; piece += 1) await connection.accept(8_192)
    sendChanges(3)
    reader.sendUrgent(encodeEvent('health', '{"at":1}'))
    reader.sendUrgent(encodeEvent('health', '{"at":2}'))
    connection.taken = ''
    for (let piece = 0; piece < 10; piece += 1) await connection.accept(8_192)
    expect(connection.taken).to.include('{"at":2}').and.not.include('{"at":1}')
    connection.taken = ''
    await connection.accept(65_536)
    expect(connection.taken).to.include('"speed":3').and.not.include('"speed":2')
  })
})

import { createServer } from 'node:http'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import { encodeEvent, fleetEvents } from '../../../services/dashboard/live/stream-events.ts'
import { StreamConnection } from '../../../services/dashboard/live/stream-connection.ts'
import { aReading, noon } from '../../support/builders.ts'

type Chunk = { readonly chunk: Buffer }

/** A socket that accepts only the number of bytes that the test requests. */
class SlowSocket extends Duplex {
  accepted = ''
  #waiting: Buffer = Buffer.alloc(0)
  #onAccepted: (() => void) | undefined

  constructor() {
    super({ decodeStrings: true })
  }

  override _read(): void {
    // The test pushes the request.
  }

  override _write(chunk: Buffer, _: string, onAccepted: () => void): void {
    this._writev([{ chunk }], onAccepted)
  }

  override _writev(chunks: Chunk[], onAccepted: () => void): void {
    this.#waiting = Buffer.concat(chunks.map(({ chunk }) => chunk))
    this.#onAccepted = onAccepted
  }

  async accept(bytes: number): Promise<void> {
    const accepted = this.#waiting.subarray(0, bytes)
    this.accepted += accepted.toString()
    this.#waiting = this.#waiting.subarray(bytes)
    if (this.#waiting.length === 0) {
      const onAccepted = this.#onAccepted
      this.#onAccepted = undefined
      onAccepted?.()
    }
    await turn()
  }

  async acceptUntil(text: string): Promise<void> {
    while (!this.accepted.includes(text)) await this.accept(Infinity)
    this.accepted = ''
  }
}

const vehicles = 1_000
const metadata = { filling: 'x'.repeat(2_000) }

describe('StreamConnection', () => {
  let fleet: LiveFleet
  let socket: SlowSocket
  let stream: StreamConnection

  function report(speed: number): void {
    for (let index = 0; index < vehicles; index += 1) {
      const reading = aReading({ vin: `V-${index}`, recordedAt: noon + speed, metadata })
      fleet.apply({ reading: { ...reading, speed }, receivedAt: noon, receipt: null })
    }
  }

  /** All vehicles report once more; the changes are sent as the hub sends them. */
  function sendChanges(speed: number): void {
    const from = fleet.version
    report(speed)
    const vins = fleet.changedSince(from)
    const changes = [...fleetEvents(fleet, { name: 'update', vins, removed: [], nowMs: 0 })]
    stream.sendUpdate(changes, { from, to: fleet.version })
  }

  beforeEach(async () => {
    fleet = new LiveFleet(vehicles)
    report(1)
    socket = new SlowSocket()
    const server = createServer((_, response) => {
      stream = new StreamConnection(response, fleet)
      stream.start()
    })
    server.emit('connection', socket)
    socket.push('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await socket.acceptUntil('event: live')
    await turn()
  })

  it('is not blocked while the socket accepts a few bytes from time to time', async () => {
    sendChanges(2)
    for (let round = 0; round < 20; round += 1) {
      const startedAt = performance.now()
      for (let chunkIndex = 0; chunkIndex < 10; chunkIndex += 1) await socket.accept(8_192)
      const now = performance.now()
      expect(stream.blockedForMs(now)).to.be.at.most(now - startedAt)
    }
    expect(socket.accepted.length).to.be.greaterThan(1_000_000)
  })

  it('is blocked from the moment when the socket last accepted bytes', async () => {
    sendChanges(2)
    for (let chunkIndex = 0; chunkIndex < 10; chunkIndex += 1) await socket.accept(8_192)
    expect(stream.blockedForMs(performance.now() + 60_000)).to.be.at.least(60_000)
  })

  it('sends only the latest states and the latest health event to a slow browser', async () => {
    sendChanges(2)
    for (let chunkIndex = 0; chunkIndex < 10; chunkIndex += 1) await socket.accept(8_192)
    sendChanges(3)
    stream.sendUrgent(encodeEvent('health', '{"at":1}'))
    stream.sendUrgent(encodeEvent('health', '{"at":2}'))
    socket.accepted = ''
    for (let chunkIndex = 0; chunkIndex < 10; chunkIndex += 1) await socket.accept(8_192)
    expect(socket.accepted).to.include('{"at":2}').and.not.include('{"at":1}')
    socket.accepted = ''
    await socket.accept(65_536)
    expect(socket.accepted).to.include('"speed":3').and.not.include('"speed":2')
  })
})

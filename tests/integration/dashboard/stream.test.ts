import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import express from 'express'
import type { RunningServer } from '../../../services/adapters/http/server.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import { StreamHub } from '../../../services/dashboard/live/stream-hub.ts'
import { vehicleRoutes } from '../../../services/dashboard/live/vehicle-routes.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { aReading, noon } from '../../support/builders.ts'
import { StreamClient } from '../../support/stream-client.ts'
import { until } from '../../support/until.ts'

/** Long enough for a browser that reads on a busy machine. */
const stallTimeoutMs = 3_000
const vinOf = (index: number) => `V-${String(index).padStart(5, '0')}`

describe('GET /api/stream', () => {
  let fleet: LiveFleet
  let hub: StreamHub
  let server: RunningServer
  let url: string
  let round = 0

  beforeEach(async () => {
    fleet = new LiveFleet(20_000)
    const logger = createLogger('test', 'silent')
    hub = new StreamHub({
      fleet,
      logger,
      healthJson: () => '{"ok":true}',
      stallTimeoutMs,
      maxPerClient: 150,
      onLimitReached: () => undefined,
    })
    const limits = { staleAfterSeconds: 15, silentAfterSeconds: 300 }
    const app = express().use('/api', vehicleRoutes({ fleet, hub, limits, labelOf: () => ({}) }))
    server = await listen(app, { host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${server.port}`
  })

  afterEach(async () => {
    await hub[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  /** Every vehicle reports once more, with this metadata. */
  function report(vehicles: number, metadata = {}): void {
    round += 1
    for (let index = 0; index < vehicles; index += 1) {
      const reading = aReading({ vin: vinOf(index), recordedAt: noon + round, metadata })
      fleet.apply({ reading: { ...reading, speed: round }, receivedAt: noon, receipt: null })
    }
  }
  const isUpToDate = (client: StreamClient, vehicles: number) =>
    client.vehicles.size === vehicles &&
    [...client.vehicles.values()].every(({ speed }) => speed === round)

  it('keeps 100 browsers up to date', async function () {
    this.timeout(120_000)
    const vehicles = 500
    report(vehicles)
    const clients = await Promise.all(Array.from({ length: 100 }, () => StreamClient.open(url)))
    await until('all streams are live', () => clients.every((client) => client.isLive))
    expect(hub.connectionCount).to.equal(100)
    for (let more = 0; more < 3; more += 1) {
      report(vehicles)
      await until('all browsers are up to date', () =>
        clients.every((client) => isUpToDate(client, vehicles)),
      )
    }
    for (const client of clients) client[Symbol.dispose]()
    await until('no connection is left', () => hub.connectionCount === 0)
  })

  it('sends a large fleet in several snapshot events, then the event live', async () => {
    report(1_200)
    using client = await StreamClient.open(url)
    await until('the stream is live', () => client.isLive)
    const lengths = client.eventsNamed('snapshot').map(({ value }) => JSON.stringify(value).length)
    expect(lengths.length).to.be.greaterThan(5)
    expect(Math.max(...lengths)).to.be.lessThan(34_000)
    expect(client.vehicles.size).to.equal(1_200)
    await until('a health event arrives', () => client.eventsNamed('health').length > 0)
    expect(client.eventsNamed('health')[0]?.value).to.deep.equal({ ok: true })
  })

  it('sends the event live without any vehicle, then the first vehicle', async () => {
    using client = await StreamClient.open(url)
    await until('the stream is live', () => client.isLive)
    expect(client.eventsNamed('snapshot')).to.deep.equal([])
    report(1)
    await until('the vehicle arrives', () => client.vehicles.get(vinOf(0)) !== undefined)
  })

  it('sends many changes of one vehicle as one update', async () => {
    using client = await StreamClient.open(url)
    await until('the stream is live', () => client.isLive)
    for (let more = 0; more < 50; more += 1) report(1)
    await until('the last change arrives', () => isUpToDate(client, 1))
    expect(client.eventsNamed('update').length).to.be.lessThan(3)
  })

  it('is sent once to a browser that sends further requests on the connection', async () => {
    report(1)
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /api/stream HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(20))
    await once(socket, 'data')
    expect(hub.connectionCount).to.equal(1)
    socket.destroy()
    await until('no connection is left', () => hub.connectionCount === 0)
  })

  it('drops a browser that does not read, without delaying others', async function () {
    this.timeout(120_000)
    const metadata = { filling: 'x'.repeat(2_000) }
    report(1_000, metadata)
    using stalled = await StreamClient.open(url)
    using reading = await StreamClient.open(url)
    await until('both streams are live', () => stalled.isLive && reading.isLive)
    stalled.stopReading()
    const deadline = Date.now() + 60_000
    while (hub.connectionCount > 1 && Date.now() < deadline) {
      report(1_000, metadata)
      await until('the reading browser is up to date', () => isUpToDate(reading, 1_000))
    }
    expect(hub.connectionCount).to.equal(1)
    expect(reading.isClosed).to.equal(false)
    using reconnected = await StreamClient.open(url)
    await until(
      'the reconnected browser is up to date',
      () => reconnected.isLive && isUpToDate(reconnected, 1_000),
    )
  })
})

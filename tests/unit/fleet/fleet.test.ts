import { expect } from 'chai'
import { pino } from 'pino'
import type { Reading } from '../../../services/telemetry/reading/reading.ts'
import type { Fleet } from '../../../fleet/fleet.ts'
import { startFleet } from '../../../fleet/fleet.ts'
import { MemoryJournal } from '../../../fleet/journal/memory-journal.ts'
import { parseTrace } from '../../../fleet/trace/parse-trace.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { InMemoryServer } from '../../support/in-memory-server.ts'
import { captureLog } from '../../support/captured-log.ts'

const options = {
  host: '127.0.0.1:5001',
  path: '/events',
  firstVehicle: 0,
  numVehicles: 10,
  reportIntervalSeconds: 1,
  seed: 42,
  origin: { latitude: 37.77, longitude: -122.42, altitude: 16 },
  journal: { folder: '/nowhere', megabytes: 1 },
  logger: pino({ level: 'silent' }),
}

describe('startFleet', () => {
  let [clock, farEnd] = [new ManualClock(), new InMemoryServer()]
  let fleet: Fleet

  beforeEach(async () => {
    ;[clock, farEnd] = [new ManualClock(), new InMemoryServer()]
    fleet = await startFleet(options, { clock, post: farEnd, journal: new MemoryJournal(10_000) })
  })

  it('sends every reading once, within 100 ms', async () => {
    const delays: number[] = []
    const answer = farEnd.answer
    farEnd.answer = (readings) => {
      const sent = readings as unknown as { timestamp: string }[]
      delays.push(...sent.map(({ timestamp }) => clock.now() / 1000 - Date.parse(timestamp)))
      return answer(readings)
    }
    await clock.advance(5_000)
    const sent = farEnd.bodies.flatMap((body) => JSON.parse(body) as Reading[])
    const keys = new Set(sent.map(({ vin, sequence }) => `${vin} ${sequence}`))
    expect(keys.size).to.equal(sent.length)
    expect(sent.length).to.be.within(50, 51)
    expect(new Set(sent.map(({ vin }) => vin))).to.deep.equal(new Set(fleet.vins))
    expect(Math.max(...delays)).to.be.below(100)
    await fleet[Symbol.asyncDispose]()
  })

  it('sends pending readings when it stops, and nothing afterwards', async () => {
    farEnd.answer = () => new Error('down')
    await clock.advance(3_000)
    farEnd.answer = new InMemoryServer().answer
    await fleet[Symbol.asyncDispose]()
    const { recorded, acknowledged, pending } = fleet.counters()
    expect({ acknowledged, pending }).to.deep.equal({ acknowledged: recorded, pending: 0 })
    const posts = farEnd.bodies.length
    await clock.advance(3_000)
    expect(farEnd.bodies.length).to.equal(posts)
  })

  it('runs and logs a warning if the roads file cannot be written', async () => {
    const [{ logger, lines }, roadsFile] = [captureLog(), '/dev/null/roads.geojson']
    const journal = new MemoryJournal(10_000)
    const other = await startFleet(
      { ...options, roadsFile, logger },
      { clock, post: farEnd, journal },
    )
    expect(lines.map(({ event }) => event)).to.include('fleet-roads-not-written')
    await other[Symbol.asyncDispose]()
  })

  it('replays a drive that contains a gap of weeks', async () => {
    const fixes = ['2020-01-01T00:00:00Z,1,2', '2020-01-31T00:00:00Z,1,2']
    const trace = parseTrace(['timestamp,latitude,longitude', ...fixes].join('\n'), 'weeks.csv')
    const ports = { clock: new ManualClock(), post: farEnd, journal: new MemoryJournal(10) }
    const other = await startFleet({ ...options, numVehicles: 1, trace }, ports)
    await ports.clock.advance(30 * 86_400_000)
    expect(other.counters()).to.include({ acknowledged: 2, pending: 0 })
    await other.finished
    await other[Symbol.asyncDispose]()
  })
})

import { expect } from 'chai'
import { sqlStatement } from '../../../services/adapters/postgres/sql-file.ts'
import type { JsonObject } from '../../../services/telemetry/reading/reading.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import { noon } from '../../support/builders.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { gpxFaults } from '../../support/track-files.ts'
import { recordedTrack } from '../../support/trip-tracks.ts'
import { until, untilCount } from '../../support/until.ts'

/** Degrees of longitude per metre at the equator. */
const degreesPerMetre = 1 / 111_195
const hourMs = 3_600_000
/** A full hour, three hours ago, in milliseconds since the Unix epoch. */
const begin = Math.floor(Date.now() / hourMs) * hourMs - 3 * hourMs
const at = (seconds: number) => new Date(begin + seconds * 1000).toISOString()
/** Seconds after a midnight three days ago. */
const overnight = (seconds: number) => {
  const midnight = Math.floor(begin / (24 * hourMs)) * 24 * hourMs - 3 * 24 * hourMs
  return new Date(midnight + seconds * 1000).toISOString()
}
const span = `from=${at(0)}&to=${at(3_600)}`

type Trips = { trips: Record<string, unknown>[]; stops: Record<string, unknown>[] }

describe('History of the dashboard', () => {
  let tenant: Tenant

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
    await tenant.startDashboard()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  /**
   * Ten minutes of driving east at 10 m/s, a stop of ten minutes, and ten more minutes of driving.
   */
  function aDrive(vin: string): JsonObject[] {
    let eastMetres = 0
    return Array.from({ length: 180 }, (_, index) => {
      const speed = index >= 60 && index < 120 ? 0 : 10
      eastMetres += speed * 10
      const longitude = 10 + eastMetres * degreesPerMetre
      const place = { latitude: 0, longitude, altitude: 34.5, heading: 90, sequence: index + 1 }
      return { ...readingJson(vin, at(index * 10)), ...place, speed }
    })
  }
  let storedRows = 0
  async function store(readings: readonly JsonObject[]): Promise<void> {
    await postJson(tenant, readings)
    storedRows += readings.length
    await untilCount('the readings are stored', () => tenant.countRows(), storedRows)
  }
  /** The scans in Postgres' plan for the track of one day. */
  async function scansOf(vin: string, day: string): Promise<string[]> {
    const track = sqlStatement('track', { table: 'diag' }).replace(/[$]4/, '100')
    const explain = `explain ${track.replaceAll(/^--.*/gm, '')}`
    const span = [`${day}T00:00:00Z`, `${day}T23:59:59.5Z`]
    const plan = await tenant.sql<{ 'QUERY PLAN': string }>(explain, [vin, ...span])
    return plan.flatMap((line) => /\w[\w ]* Scan/.exec(line['QUERY PLAN']) ?? [])
  }
  const get = (path: string) => fetch(`${tenant.dashboardUrl}${path}`)
  const getJson = async (path: string) =>
    (await (await get(path)).json()) as Record<string, unknown>

  it('GET /api/vehicles/{vin}/track returns the full track, or a track simplified by the given tolerance', async () => {
    await store(aDrive('TRACK'))
    const full = await getJson(`/api/vehicles/TRACK/track?${span}&tolerance=0`)
    expect(full).to.include({ vin: 'TRACK', total: 180, isSimplified: false })
    const points = full['points'] as number[][]
    expect(points.length).to.equal(180)
    expect(points[1]).to.deep.equal([begin + 10_000, 10 + 200 * degreesPerMetre, 0, 10, 90])
    const simplified = await getJson(`/api/vehicles/TRACK/track?${span}&tolerance=3`)
    expect(simplified).to.include({ total: 180, isSimplified: true })
    // The start, the arrival at the stop, the departure, and the end.
    expect((simplified['points'] as number[][]).map(([time]) => ((time ?? 0) - begin) / 1000))
      .to.deep //
      .equal([0, 590, 1190, 1790])
    const part = await getJson(`/api/vehicles/TRACK/track?from=${at(10)}&to=${at(30)}&tolerance=0`)
    expect(part).to.include({ from: at(10).replace('Z', '000Z'), total: 2 })
  })

  it('GET /api/vehicles/{vin}/track returns CSV, GPX and GeoJSON as file downloads', async () => {
    for (const [format, type, expectedStart] of [
      ['csv', 'text/csv; charset=utf-8', 'vin,timestamp,sequence'],
      ['gpx', 'application/gpx+xml', '<?xml'],
      ['geojson', 'application/geo+json', '{"type":"Feature"'],
    ]) {
      const response = await get(`/api/vehicles/TRACK/track?${span}&format=${format ?? ''}`)
      expect(response.headers.get('content-type')).to.equal(type)
      const name = `TRACK-${at(0).slice(0, 16).replace(':', '')}.${format ?? ''}`
      const disposition = `attachment; filename="${name}"`
      expect(response.headers.get('content-disposition')).to.equal(disposition)
      expect(await response.text()).to.match(
        new RegExp(`^${expectedStart?.replace('?', '\\?') ?? ''}`),
      )
    }
    const lines = (await (await get(`/api/vehicles/TRACK/track?${span}&format=csv`)).text()).split(
      '\r\n',
    )
    const time = at(10).replace('Z', '000Z')
    expect(lines[2]).to.equal(
      `TRACK,${time},2,0,${10 + 200 * degreesPerMetre},34.5,10,90,ellipsoid,`,
    )
  })

  it('GET /api/vehicles/{vin}/trips returns the same trips for readings in order, late and repeated', async () => {
    const tripsInOrder = (await getJson(`/api/vehicles/TRACK/trips?${span}`)) as Trips
    expect(tripsInOrder.trips.map(({ from, to }) => [from, to])).to.deep.equal([
      [at(0), at(590)].map((time) => time.replace('Z', '000Z')),
      [at(1190), at(1790)].map((time) => time.replace('Z', '000Z')),
    ])
    expect(tripsInOrder.stops.map(({ from, to }) => [from, to])).to.deep.equal([
      [at(590), at(1190)].map((time) => time.replace('Z', '000Z')),
    ])
    expect(tripsInOrder.trips[0]).to.include({ readings: 60 })
    expect(tripsInOrder.trips[0]?.['maxSpeed']).to.be.closeTo(10, 0.01)
    expect(tripsInOrder.trips[0]?.['distance']).to.be.closeTo(5_900, 10)
    const drive = aDrive('SHUFFLED')
    await store(drive.filter((_, index) => index % 3 === 2))
    const incomplete = await getJson(`/api/vehicles/SHUFFLED/trips?${span}`)
    expect(incomplete['trips']).to.not.deep.equal(tripsInOrder.trips)
    await store(drive.filter((_, index) => index % 3 !== 2).reverse())
    await postJson(tenant, drive)
    const late = (await getJson(`/api/vehicles/SHUFFLED/trips?${span}`)) as Trips
    expect({ trips: late.trips, stops: late.stops }).to.deep.equal({
      trips: tripsInOrder.trips,
      stops: tripsInOrder.stops,
    })
  })

  it('GET /api/tracks returns the tracks of the fleet in pages', async () => {
    // The dashboard reads the topic itself, and may read a vehicle later than the consumer stores its rows.
    await until('the dashboard knows both vehicles', async () => {
      const page = (await getJson('/api/vehicles')) as { vehicles: { vin: string }[] }
      return ['SHUFFLED', 'TRACK'].every((vin) => page.vehicles.some((each) => each.vin === vin))
    })
    const first = await getJson(`/api/tracks?${span}&limit=1&tolerance=3`)
    const vins = (page: Record<string, unknown>) =>
      (page['tracks'] as { vin: string; points: unknown[] }[]).map(({ vin }) => vin)
    expect(vins(first)).to.deep.equal(['SHUFFLED'])
    const second = await getJson(`/api/tracks?${span}&limit=1&cursor=${String(first['next'])}`)
    expect(vins(second)).to.deep.equal(['TRACK'])
    expect(second['next']).to.equal(null)
    const empty = await getJson(`/api/tracks?from=${at(-7_200)}&to=${at(-3_600)}`)
    expect(empty['tracks']).to.deep.equal([])
  })

  it('GET /api/vehicles/{vin}/track splits files where trips end and labels altitudes with the reported reference', async () => {
    const metadata = { altitudeReference: 'sea-level' }
    await store(
      recordedTrack('two-drives').map(({ at: micros, latitude, longitude, speed }, index) => ({
        ...readingJson('TWO-DRIVES', at((micros - noon) / 1e6)),
        ...{ latitude, longitude, speed, altitude: 400, sequence: index, metadata },
      })),
    )
    const track = `/api/vehicles/TWO-DRIVES/track?${span}`
    const gpx = await (await get(`${track}&format=gpx`)).text()
    expect(await gpxFaults(gpx)).to.deep.equal([])
    expect(gpx.match(/<trkseg>/g)).to.have.length(2)
    expect(gpx).to.include('<desc>Elevations are above sea level.</desc>')
    const feature = await getJson(`${track}&format=geojson`)
    const { type, coordinates } = feature['geometry'] as { type: string; coordinates: unknown[] }
    expect([type, coordinates.length]).to.deep.equal(['MultiLineString', 2])
    expect(feature['properties']).to.include({ altitudeReference: 'sea-level' })
  })

  it('GET /api/vehicles/{vin}/trips cuts trips and stops off at the borders of the span', async () => {
    await store(
      recordedTrack('overnight').map(({ at: micros, ...place }, index) => {
        const reading = readingJson('OVERNIGHT', overnight((micros - noon) / 1e6))
        return { ...reading, ...place, sequence: index + 1 }
      }),
    )
    const [evening, midnight, morning] = [21.75, 24, 31.5].map((hours) => overnight(hours * 3_600))
    const partsOf = async (from = '', to = '') => {
      const path = `/api/vehicles/OVERNIGHT/trips?from=${from}&to=${to}`
      const { trips, stops } = (await getJson(path)) as Trips
      const cut = ({ from, to, beganBefore, endsAfter }: Record<string, unknown>) =>
        [from, to, beganBefore, endsAfter].map((value) =>
          typeof value === 'string' ? value.replace('000Z', 'Z') : value,
        )
      return { trips: trips.length, stops: stops.map(cut) }
    }
    const [arrival, departure] = [78_625, 111_600].map(overnight)
    const both = [[arrival, departure, false, false]]
    expect(await partsOf(evening, morning)).to.deep.equal({ trips: 2, stops: both })
    const first = [[arrival, midnight, false, true]]
    expect(await partsOf(evening, midnight)).to.deep.equal({ trips: 1, stops: first })
    const second = [[midnight, departure, true, false]]
    expect(await partsOf(midnight, morning)).to.deep.equal({ trips: 1, stops: second })
    const [two, three] = [26, 27].map((hours) => overnight(hours * 3_600))
    const middle = [[two, three, true, true]]
    expect(await partsOf(two, three)).to.deep.equal({ trips: 0, stops: middle })
  })

  for (const [path, status, detail] of [
    [`/api/vehicles/TRACK/track?from=noon`, 400, 'from must be an ISO 8601 time with an offset'],
    [`/api/vehicles/TRACK/track?from=${at(9)}&to=${at(9)}`, 400, 'from must be before to.'],
    [`/api/vehicles/TRACK/track?tolerance=-1`, 400, 'tolerance must be a number from 0 to 10000.'],
    [`/api/vehicles/TRACK/track?format=kml`, 400, 'format must be one of json, geojson, gpx, csv.'],
    [`/api/vehicles/TRACK/trips?from=2020-01-01T00:00:00Z`, 400, 'at most 31 days apart.'],
    [
      `/api/tracks?from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z`,
      400,
      'at most 25 hours apart.',
    ],
    ...['0000-06-01T00:00:00Z', '0001-01-01T00:00:00%2B01:00', '9999-12-31T23:30:00-01:00'].flatMap(
      (time) =>
        ['track?format=gpx&', 'track?', 'trips?'].map(
          (request) =>
            [
              `/api/vehicles/TRACK/${request}to=${time}`,
              400,
              'to must be in the years 0001 to 9999, in UTC.',
            ] as const,
        ),
    ),
    [
      `/api/tracks?from=0000-06-01T00:00:00Z&to=0000-06-01T01:00:00Z`,
      400,
      'to must be in the years',
    ],
    [`/api/tracks?to=0001-01-01T00:00:00Z`, 400, 'from must be before to.'],
    [`/api/vehicles/%00/track`, 404, 'No reading of the vehicle'],
    [`/api/vehicles/..%2f..%2fetc/track`, 404, 'No reading of the vehicle'],
    [`/api/vehicles/%F0/track`, 400, 'Failed to decode'],
  ] as const) {
    it(`returns ${status} with the reason for GET ${path.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…')}`, async () => {
      const response = await get(path)
      expect(response.status).to.equal(status)
      expect(response.headers.get('content-type')).to.equal('application/problem+json')
      expect(((await response.json()) as { detail: string }).detail).to.include(detail)
    })
  }

  it('returns an empty track at both ends of the years 0001 to 9999', async () => {
    for (const end of ['0001-01-01T00:30:00Z', '9999-12-31T23:59:59.999999Z'])
      for (const request of [
        '/api/vehicles/TRACK/track?',
        '/api/vehicles/TRACK/trips?',
        '/api/tracks?',
      ])
        expect((await get(`${request}to=${end}`)).status, `${request}to=${end}`).to.equal(200)
  })

  it('returns the track of a whole day from the index alone, and 400 for a span with too many readings', async function () {
    this.timeout(120_000)
    const day = new Date(begin - 5 * 24 * hourMs).toISOString().slice(0, 10)
    await tenant.sql('select ensure_day($1)', [day])
    await tenant.sql(
      `insert into diag (vin, recorded_at, sequence, latitude, longitude, speed, heading, received_at)
       select vin, $1::timestamptz + index * every, index,
         sin(index / 300.0) / 100, index / 1e5, 10 + sin(index / 20.0), nullif(index % 360, 0), now()
       from (values ('DAY', interval '1 s', 86399), ('DENSE', interval '0.5 s', 100000)) as vehicle (vin, every, last),
         generate_series(0, last) as index`,
      [`${day}T00:00:00Z`],
    )
    await tenant.sql('vacuum analyze diag')
    const span = `from=${day}T00:00:00Z&to=${day}T23:59:59.5Z`
    const track = await getJson(`/api/vehicles/DAY/track?${span}`)
    expect(track).to.include({ total: 86_400, isSimplified: true })
    const midnight = Date.parse(`${day}T00:00:00Z`)
    expect((track['points'] as unknown[])[0]).to.deep.equal([midnight, 0, 0, 10, null])
    const { points } = await getJson(`/api/vehicles/DAY/track?${span}&tolerance=0`)
    const times = (points as number[][]).map(([time]) => time)
    const everySecond = Array.from({ length: 86_400 }, (_, second) => midnight + second * 1_000)
    expect(times).to.deep.equal(everySecond)
    expect(await scansOf('DAY', day)).to.deep.equal(['Index Only Scan'])
    const { status, detail } = await getJson(`/api/vehicles/DENSE/track?${span}`)
    expect([status, detail]).to.deep.equal([
      400,
      'The span contains more than 100000 readings. Request a shorter span.',
    ])
  })
})

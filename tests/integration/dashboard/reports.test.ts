import { expect } from 'chai'
import type { Report } from '../../../services/dashboard/api/reports.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

type Hour = {
  readonly vin: string
  readonly at: string
  readonly metres: number
  readonly stops?: number
}

describe('Reports of the dashboard', function () {
  this.timeout(120_000)
  let tenant: Tenant

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startDashboard()
  })

  beforeEach(() => tenant.sql('TRUNCATE data.vehicle_hour, data.computed_hour'))

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const get = (query: string) => fetch(`${tenant.dashboardUrl}/api/reports?${query}`)
  const report = async (query: string) => (await (await get(query)).json()) as Report

  async function insert(hours: readonly Hour[]): Promise<void> {
    for (const { vin, at, metres, stops = 0 } of hours) {
      await tenant.sql(
        `INSERT INTO data.vehicle_hour (vin, hour_begin, distance_mm, driving_ms, idle_ms, max_speed, mean_speed, readings, gaps, stops)
         VALUES ($1, $2, $3::float8 * 1000, $3::float8 * 100, 1000, $3::float8 / 100, 10, 60, 1, $4)`,
        [vin, at, metres, stops],
      )
      await markComputed(at, 1)
    }
  }

  /** @param from the first hour */
  async function markComputed(from: string, hours: number): Promise<void> {
    await tenant.sql(
      `INSERT INTO data.computed_hour
       SELECT $1::timestamptz + number * interval '1 hour', now() FROM generate_series(0, $2 - 1) AS number
       ON CONFLICT DO NOTHING`,
      [from, hours],
    )
  }

  it('have the sums of the hours of each vehicle and day in the time zone', async () => {
    await insert([
      { vin: 'A', at: '2026-01-30T22:00:00Z', metres: 100 },
      { vin: 'A', at: '2026-01-30T23:00:00Z', metres: 1000, stops: 2 },
      { vin: 'A', at: '2026-01-31T22:00:00Z', metres: 2000, stops: 1 },
      { vin: 'A', at: '2026-01-31T23:00:00Z', metres: 5000 },
      { vin: 'B', at: '2026-01-31T10:00:00Z', metres: 0 },
      { vin: 'C', at: '2026-02-05T10:00:00Z', metres: 7000 },
    ])
    const vienna = await report('firstDay=2026-01-31&lastDay=2026-02-01&timeZone=Europe/Vienna')
    const sums = { gaps: 1, readings: 60, stops: 0, idleMs: 1_000 }
    expect(vienna).to.deep.equal({
      timeZone: 'Europe/Vienna',
      days: [
        {
          day: '2026-01-31',
          from: '2026-01-30T23:00:00.000000Z',
          to: '2026-01-31T23:00:00.000000Z',
          hours: 24,
          computedHours: 3,
        },
        {
          day: '2026-02-01',
          from: '2026-01-31T23:00:00.000000Z',
          to: '2026-02-01T23:00:00.000000Z',
          hours: 24,
          computedHours: 1,
        },
      ],
      rows: [
        {
          ...{
            vin: 'A',
            name: null,
            day: '2026-01-31',
            distanceMillimetres: 3_000_000,
            drivingMs: 300_000,
          },
          ...{ idleMs: 2_000, stops: 3, maxSpeed: 20, meanSpeed: 10, readings: 120, gaps: 2 },
        },
        {
          ...{
            vin: 'A',
            name: null,
            day: '2026-02-01',
            distanceMillimetres: 5_000_000,
            drivingMs: 500_000,
          },
          ...{ ...sums, maxSpeed: 50, meanSpeed: 10 },
        },
        {
          ...{ vin: 'B', name: null, day: '2026-01-31', distanceMillimetres: 0, drivingMs: 0 },
          ...{ ...sums, maxSpeed: 0, meanSpeed: null },
        },
      ],
      next: null,
    })
  })

  it('count the computed hours of days with 23, 24 and 25 hours', async () => {
    await markComputed('2026-03-27T23:00:00Z', 24 + 23 + 24)
    await markComputed('2026-10-24T22:00:00Z', 25 + 3)
    const spring = await report('firstDay=2026-03-28&lastDay=2026-03-30&timeZone=Europe/Vienna')
    const hoursOf = ({ days }: Report) => days.map((day) => [day.hours, day.computedHours])
    expect(hoursOf(spring)).to.deep.equal([
      [24, 24],
      [23, 23],
      [24, 24],
    ])
    const autumn = await report('firstDay=2026-10-24&lastDay=2026-10-26&timeZone=Europe/Vienna')
    expect(hoursOf(autumn)).to.deep.equal([
      [24, 0],
      [25, 25],
      [24, 3],
    ])
    expect(spring.rows).to.deep.equal([])
  })

  it('come in pages of vehicles', async () => {
    const at = '2026-01-31T10:00:00Z'
    await insert(['A', 'B', 'C', 'D', 'E'].map((vin) => ({ vin, at, metres: 1 })))
    await insert([{ vin: 'B', at: '2026-01-30T10:00:00Z', metres: 1 }])
    const pages: string[][] = []
    for (let cursor = ''; ;) {
      const query = `firstDay=2026-01-30&lastDay=2026-01-31&limit=2&cursor=${cursor}`
      const { rows, next } = await report(query)
      pages.push(rows.map(({ vin, day }) => `${vin} ${day.slice(8)}`))
      if (next === null) break
      cursor = next
    }
    expect(pages).to.deep.equal([['A 31', 'B 30', 'B 31'], ['C 31', 'D 31'], ['E 31']])
  })

  it('are a CSV file with all vehicles', async () => {
    const at = '2026-01-31T10:00:00Z'
    await insert(Array.from({ length: 60 }, (_, index) => ({ vin: `V${index}`, at, metres: 1 })))
    const response = await get('firstDay=2026-01-30&lastDay=2026-01-31&format=csv')
    expect(response.headers.get('content-type')).to.equal('text/csv; charset=utf-8')
    expect(response.headers.get('content-disposition')).to.equal(
      'attachment; filename="report-2026-01-30-2026-01-31.csv"',
    )
    const lines = (await response.text()).split('\r\n')
    expect(lines).to.have.lengthOf(63)
    expect(lines[1]).to.equal('V0,2026-01-31,1.000,0.100,1.000,0,0.010,10.000,60,1,24,1,')
    expect(lines.at(-2)).to.equal(',2026-01-30,,,,,,,,,24,0,')
  })

  it('refuse a wrong query and another method with a problem document', async () => {
    const wrong = await get('firstDay=2026-01-01&lastDay=2026-03-01')
    expect([wrong.status, await wrong.json()]).to.deep.equal([
      400,
      {
        type: 'about:blank',
        title: 'Invalid query',
        status: 400,
        detail: 'firstDay and lastDay must include at most 31 days.',
      },
    ])
    const post = await fetch(`${tenant.dashboardUrl}/api/reports`, { method: 'POST' })
    expect(post.status).to.equal(405)
  })
})

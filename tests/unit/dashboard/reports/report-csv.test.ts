import { expect } from 'chai'
import type { Report } from '../../../../services/dashboard/api/reports.ts'
import { toReportCsv } from '../../../../services/dashboard/reports/report-csv.ts'

const aDay = (day: string, computedHours: number) => ({
  ...{ day, from: `${day}T00:00:00Z`, to: '', hours: 24 },
  computedHours,
})
const row = {
  vin: 'TEST-1',
  name: 'Van 12, red',
  day: '2026-01-30',
  distanceMillimetres: 1_234_567,
  drivingMs: 60_000,
  idleMs: 1_500,
  stops: 2,
  maxSpeed: 12.3456,
  meanSpeed: null,
  readings: 100,
  gaps: 1,
}

describe('toReportCsv', () => {
  it('has a line for each row, and one without a vin for a day without computed hours', () => {
    const report: Report = {
      timeZone: 'UTC',
      days: [aDay('2026-01-30', 20), aDay('2026-01-31', 0)],
      rows: [row, { ...row, vin: 'TEST-2', name: null, maxSpeed: null }],
      next: null,
    }
    expect(toReportCsv(report).split('\r\n')).to.deep.equal([
      'vin,day,distance_m,driving_s,idle_s,stops,max_speed_m_s,mean_speed_m_s,readings,gaps,hours,computed_hours,name',
      'TEST-1,2026-01-30,1234.567,60.000,1.500,2,12.346,,100,1,24,20,"Van 12, red"',
      'TEST-2,2026-01-30,1234.567,60.000,1.500,2,,,100,1,24,20,',
      ',2026-01-31,,,,,,,,,24,0,',
      '',
    ])
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { untilCount } from '../support/until.ts'

const file = join(root, '..', 'shared', 'data', 'drive-san-francisco.csv')

type Row = {
  readonly vin: string
  readonly at: number
  readonly latitude: number
  readonly longitude: number
  readonly speed: number
}

describe('a recorded drive', function () {
  this.timeout(300_000)

  it('becomes 579 rows of one vin, with its times shifted to now', async function () {
    if (!existsSync(file)) {
      this.test!.title += ` (skipped: ${file} is not there)`
      this.skip()
    }
    await using home = await PlatformHome.create(['fleet.numVehicles=0'])
    const platform = home.start()
    await platform.waitForOutput('The platform is running.')
    const startedAt = Date.now()
    const fleet = home.command('fleet', '--', '--trace', file)
    expect(await fleet.waitForExit(), fleet.output).to.equal(0)
    const endedAt = Date.now()
    expect(fleet.output).to.match(
      /^The recorded drive lasts 1 min: 579 readings, recorded from .*\nIt has no gaps\.\n1 vehicle /m,
    )
    expect(fleet.output).to.include('The recorded drive has ended: 579 acknowledged, 0 waiting.')
    await untilCount('all are rows', () => home.countRows(), 579)

    const rows = await home.sql<Row>(
      `select vin, (extract(epoch from recorded_at) * 1000)::float8 as at, latitude, longitude, speed
       from diag order by recorded_at`,
    )
    const recorded = parse<Record<string, string>>(readFileSync(file), { columns: true })
    expect(rows).to.have.length(579)
    const vins = [...new Set(rows.map(({ vin }) => vin))]
    expect(vins).to.have.length(1)
    expect(fleet.output).to.include(`\nVin: ${vins[0]}\n`)
    const first = Date.parse(recorded[0]?.['timestamp'] ?? '')
    const shift = (rows[0]?.at ?? 0) - first
    // The drive lasts a minute. The command takes a while to begin, more on a busy machine.
    expect(first + shift).to.be.within(startedAt - 1_000, endedAt - 50_000)
    for (const [index, row] of rows.entries()) {
      const fix = recorded[index] ?? {}
      expect(row.latitude).to.be.closeTo(Number(fix['latitude']), 1e-7)
      expect(row.longitude).to.be.closeTo(Number(fix['longitude']), 1e-7)
      expect(row.speed).to.be.closeTo(Number(fix['speed']), 1e-3)
      expect(row.at - shift).to.be.closeTo(Date.parse(fix['timestamp'] ?? ''), 0.002)
    }
    platform.pressCtrlC()
    expect(await platform.waitForExit()).to.equal(0)
  })
})

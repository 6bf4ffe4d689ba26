import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

/** Follows docs/examples/classifieds/README.md. */
describe('the example of classified advertisements', function () {
  this.timeout(240_000)
  let folder: TemporaryFolder
  let home: PlatformHome

  before(async () => {
    folder = new TemporaryFolder()
    cpSync(join(root, 'docs', 'examples', 'classifieds'), folder.path, { recursive: true })
    home = await PlatformHome.create([`worker.folder=${folder.path}`, 'fleet.numVehicles=0'])
    const platform = home.start()
    await platform.waitForOutput('The platform is running.')
  })

  after(async () => {
    await home[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const outcomes = async () => {
    const [row] = await home.sql<{ settled: number; stored: number; updated: number }>(
      `SELECT sum(next_offset - start_offset)::int AS settled, sum(stored)::int AS stored,
              sum(updated)::int AS updated FROM partition_ledger WHERE pipeline = 'classifieds'`,
    )
    return row
  }

  it('becomes four rows of five records: the second record of an id updates its row', async () => {
    const sent = await until('the worker has created the topic', async () => {
      const command = home.command('examples', '--', 'classifieds')
      return (await command.waitForExit()) === 0 && command
    })
    expect(sent.output).to.equal('Sent 5 records to the topic data.\n')
    const settled = await until(
      'all are settled',
      async () => {
        const counts = await outcomes()
        return counts?.settled === 5 && counts
      },
      60,
    )
    expect(settled).to.deep.equal({ settled: 5, stored: 4, updated: 1 })
    const rows = await home.sql(
      'select id, created_at::text, "text", ad_type, price, currency, payment_type from Classifieds order by id',
    )
    expect(rows).to.deep.equal([
      {
        ...{ id: '1', created_at: '2020-04-08 19:30:00.5+00', text: 'Red bicycle, now cheaper' },
        ...{ ad_type: 'Paid', price: '199.000', currency: 'EUR', payment_type: 'Online' },
      },
      {
        ...{ id: '2', created_at: '2020-04-08 18:09:01+00', text: "It's a boat" },
        ...{ ad_type: 'Premium', price: '10500.750', currency: 'EUR', payment_type: 'Offline' },
      },
      {
        ...{ id: '3', created_at: '2020-04-08 18:11:45+00', text: 'Sofa to give away' },
        ...{ ad_type: 'Free', price: '0.000', currency: 'EUR', payment_type: 'Offline' },
      },
      {
        ...{ id: '4', created_at: '2020-04-08 20:15:10.25+00', text: 'Piano lessons' },
        ...{ ad_type: 'Free', price: '0.000', currency: 'CHF', payment_type: 'Offline' },
      },
    ])
  })

  it('is listed with the topics, lag and records of both stages', async () => {
    const list = home.command('pipeline', '--', 'list')
    expect(await list.waitForExit()).to.equal(0)
    const rows = list.output
      .split('\n')
      .slice(2, 4)
      .map((line) => line.split('|').map((cell) => cell.trim()))
    expect(rows).to.deep.equal([
      ['classifieds:group_by', 'running', '0', 'data', '', '5', '5', '0', '0', '0'],
      [
        ...['classifieds', 'running', '0', 'data-by-ad_type', 'classifieds'],
        ...['5', '4', '1', '0', '0'],
      ],
    ])
  })
})

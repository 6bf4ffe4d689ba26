import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { kafkaOf } from '../support/servers.ts'
import { root } from '../../scripts/platform/paths.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import type { Advertisement } from '../support/classifieds-platform.ts'
import { DirectKafkaChanges } from '../support/direct-changes.ts'
import { serviceLogger } from '../support/service-log.ts'
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

  describe('has margins', () => {
    const runCommand = async (...args: readonly string[]) => {
      const command = home.command(...args)
      expect(await command.waitForExit(), command.output).to.equal(0)
      return command.output
    }
    const runFile = (name: string) =>
      runCommand('sql', '--', '--file', join(folder.path, 'sql', name))
    const margins = (from: string, to: string) =>
      home.sql<Margin>(
        `SELECT discriminator, type, margin FROM Margin_info
         WHERE from_timestamp = '${from}' AND to_timestamp = '${to}' ORDER BY discriminator, type`,
      )
    const tasksOf = (length: string) =>
      `SELECT FROM task WHERE pipeline = 'margin'
         AND (params::jsonb->>'to')::timestamptz - (params::jsonb->>'from')::timestamptz = '${length}'`
    /** Whether a task for a window of this length was made. */
    const hasWindowOf = async (length: string) => {
      const [row] = await home.sql<{ found: boolean }>(
        `SELECT EXISTS (${tasksOf(length)}) AS found`,
      )
      return row?.found === true
    }
    /**
     * As if the platform had run for two hours, if there are no tasks of a minute. The lock makes the second
     * statement see the tasks of a worker that is making some.
     */
    const startedTwoHoursAgo = () =>
      home.sql(
        `SELECT FROM schedule WHERE pipeline = 'margin' FOR UPDATE;
         UPDATE schedule SET made_from = least(made_from, now() - interval '2 h'),
           made_until = least(made_until, now() - interval '2 h')
         WHERE pipeline = 'margin' AND NOT EXISTS (${tasksOf('60 s')})`,
      )
    const send = (...sent: readonly Advertisement[]) =>
      new DirectKafkaChanges(createKafka(kafkaOf(home), 'a-client', serviceLogger), 'data').produce(
        sent.map((each) => ({ key: each.id, value: JSON.stringify(each) })),
      )

    it('the initial script makes margin_func, the table and the procedures, also when it runs again', async () => {
      await runFile('initial_script.sql')
      await home.sql(readFileSync(join(folder.path, 'sql', 'initial_script.sql'), 'utf8'))
      const shown = await runCommand('sql', '--', 'select margin_func(10, 1)')
      expect(shown).to.match(/\b0\.900\b/)
      expect(await home.sql('select margin_func(0, 1) as margin')).to.deep.equal([{ margin: null }])
      expect(await home.sql('select * from Margin_info')).to.deep.equal([])
    })

    it('the regular script computes the margins of fixed dates: one row for each type, also when it runs again', async () => {
      expect(await runFile('regular_script.sql')).to.match(/^CALL\s+CALL\s+$/)
      await home.sql(readFileSync(join(folder.path, 'sql', 'regular_script.sql'), 'utf8'))
      expect(await margins('2020-04-08T00:00:00Z', '2020-04-09T00:00:00Z')).to.deep.equal([
        { discriminator: 'ad_type', type: 'Paid', margin: '0.990' },
        { discriminator: 'ad_type', type: 'Premium', margin: '0.990' },
        { discriminator: 'payment_type', type: 'Offline', margin: '0.990' },
        { discriminator: 'payment_type', type: 'Online', margin: '0.990' },
      ])
    })

    it('a span includes its begin and excludes its end', async () => {
      const [begin, middle, end] = ['2020-04-08T18:00Z', '2020-04-08T19:30:00.5Z', '2020-04-09Z']
      await home.sql(`CALL margin_by_ad_type('${begin}', '${middle}')`)
      await home.sql(`CALL margin_by_ad_type('${middle}', '${end}')`)
      const types = async (from = '', to = '') => (await margins(from, to)).map(({ type }) => type)
      expect(await types(begin, middle)).to.deep.equal(['Premium'])
      expect(await types(middle, end)).to.deep.equal(['Paid'])
    })

    it('of each minute after margin.schedule.every is set to 60 s, without a restart', async () => {
      await runCommand('config', '--', 'set', 'classifieds.batch.within', '1 s')
      await send(
        anAdvertisement('first', begin, { price: 10, payment_cost: 1 }),
        anAdvertisement('second', begin + 59_999, { price: 100, payment_cost: 50 }),
        anAdvertisement('free', begin, { price: 0, ad_type: 'Gift' }),
        anAdvertisement('next', end, { price: 4, payment_cost: 1 }),
      )
      await until('they are stored', async () => (await outcomes())?.settled === 9)
      await startedTwoHoursAgo()
      await runCommand('config', '--', 'set', 'margin.schedule.every', '60 s')
      await until('tasks of a minute are made', async () => {
        // The worker may have made tasks of whole hours since.
        await startedTwoHoursAgo()
        return hasWindowOf('60 s')
      })
      await until('both are computed', async () => (await margins(...minute(end))).length === 2)
      expect(await margins(...minute(begin))).to.deep.equal([
        { discriminator: 'ad_type', type: 'Auction', margin: '1.400' },
        { discriminator: 'payment_type', type: 'Offline', margin: '1.400' },
      ])
      expect((await margins(...minute(end))).map(({ margin }) => margin)).to.deep.equal([
        ...['0.750', '0.750'],
      ])
    })

    it('are computed again after late classifieds, as one row', async () => {
      await send(
        anAdvertisement('late', begin + 30_000, { price: 10, payment_cost: 1 }),
        anAdvertisement('next', end + 1, { price: 4, payment_cost: 2 }),
      )
      await until('the minutes are computed again', async () => {
        // As if the allowed lateness had passed.
        await home.sql(`UPDATE touched_window SET touched_at = touched_at - interval '1 h'`)
        const [first] = await margins(...minute(begin))
        const [next] = await margins(...minute(end))
        return first?.margin === '2.300' && next?.margin === '0.500'
      })
      expect(await margins(...minute(begin))).to.have.length(2)
    })

    it('of each second after an UPDATE of the table setting, by the same worker', async () => {
      const update = `update setting set value = '1 s' where pipeline = 'margin' and key = 'schedule.every'`
      await runCommand('sql', '--', update)
      await until('tasks of a second are made', () => hasWindowOf('1 s'))
      await runCommand('config', '--', 'unset', 'margin.schedule.every')
      expect(await home.sql('SELECT count(*)::int AS workers FROM worker')).to.deep.equal([
        { workers: 1 },
      ])
      const states = await home.sql(
        `SELECT DISTINCT state FROM task WHERE pipeline = 'margin' AND state NOT IN ('queued', 'running')`,
      )
      expect(states).to.deep.equal([{ state: 'complete' }])
    })
  })
})

type Margin = { readonly discriminator: string; readonly type: string; readonly margin: string }

/** The full minute half an hour ago, and its end. */
const begin = Math.floor(Date.now() / 60_000 - 30) * 60_000
const end = begin + 60_000

const minute = (from: number): [string, string] => [
  new Date(from).toISOString(),
  new Date(from + 60_000).toISOString(),
]

const anAdvertisement = (
  id: string,
  at: number,
  fields: Readonly<Record<string, string | number>>,
): Advertisement => ({
  ...{ id, customer_id: '17', text: id, ad_type: 'Auction' },
  ...{ created_at: new Date(at).toISOString(), ...fields },
})

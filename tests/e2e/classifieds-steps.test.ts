import { expect } from 'chai'
import { advertisements, ClassifiedsPlatform } from '../support/classifieds-platform.ts'
import { until, untilCount } from '../support/until.ts'

/** The table "Step by step" of docs/examples/classifieds/README.md, in its order. */
describe('classified advertisements, step by step', function () {
  this.timeout(240_000)
  let platform: ClassifiedsPlatform
  const old = 3

  before(async () => {
    platform = await ClassifiedsPlatform.start()
  })

  after(() => platform[Symbol.asyncDispose]())

  it('the first ledger begins at the end of the log: records from before are not stored', async () => {
    await platform.send(advertisements('old', old))
    platform.declare()
    const ledger = await until('the ledgers have begun', async () => {
      const sums = await platform.sourceLedger()
      return sums?.partitions === 2 && sums
    })
    expect(ledger).to.include({ start: old, next: old, stored: 0 })
    expect((await platform.rows('old')).ids).to.deep.equal([])
  })

  it('the declaration in effect stores 15 records, or all after 30 s', async () => {
    const described = await platform.run('pipeline', '--', 'describe', 'classifieds')
    expect(described).to.include('topic     data, from latest, group classifieds_application\n')
    expect(described).to.include(
      'batch     15 records, or all when the first one has waited 30 s\n',
    )
    expect(described).to.include('commits   the offset to Kafka after 1000 records\n')
  })

  it('14 records wait, and the 15th stores all of them in one transaction', async () => {
    // So long that only the number of records can be the reason.
    await platform.run('config', '--', 'set', 'classifieds.batch.within', '1 h')
    const [last, ...first] = advertisements('full', 15)
    await platform.send(first)
    await untilCount('14 records wait', () => platform.waiting(), 14)
    expect((await platform.rows('full')).ids).to.deep.equal([])
    await platform.send(last ? [last] : [])
    await platform.untilRows('full', 15)
    expect((await platform.rows('full')).transactions).to.equal(1)
    expect(await platform.ledger()).to.include({ stored: 15 })
    // The source topic is settled after its records are in the grouped topic.
    const source = await until('the source topic is settled', async () => {
      const sums = await platform.sourceLedger()
      return sums?.next === old + 15 && sums
    })
    expect(source).to.include({ start: old })
  })

  it('records of one ad_type are in one partition of the topic data-by-ad_type', async () => {
    const before = await platform.groupedRecords()
    const types = ['Free', 'Paid', 'Auction'] as const
    const sent = advertisements('typed', 15).map((each, index) => {
      return { ...each, ad_type: types[index % types.length] ?? '' }
    })
    await platform.send(sent)
    await platform.untilRows('typed', 15)
    const added = (await platform.groupedRecords()).map((count, at) => count - (before[at] ?? 0))
    expect(added).to.have.length(6)
    // Two types may share a partition, but no type has records in two.
    for (const count of added) expect(count % 5, String(added)).to.equal(0)
    expect(added.reduce((sum, count) => sum + count, 0)).to.equal(15)
  })

  it('the offset is committed to Kafka after 1,000 records, under the name of the group', async () => {
    const before = await platform.committed()
    expect(before).to.be.at.least(old)
    const sent = advertisements('many', 1_005)
    await platform.send(sent)
    await platform.untilRows('many', sent.length)
    const committed = await until('an offset is committed', async () => {
      const offsets = await platform.committed()
      return offsets > before && offsets
    })
    const end = (await platform.sourceLedger())?.next ?? 0
    expect(committed).to.be.within(before + 1_000, end)
    await platform.send(advertisements('few', 15))
    await platform.untilRows('few', 15)
    expect(await platform.committed(), 'after 15 more records').to.equal(committed)
  })

  it('14 records are stored together when the first one has waited as long as declared', async () => {
    // All are in the grouped topic before the time of the first one begins.
    await platform.send(advertisements('late', 14))
    await untilCount('14 records wait', () => platform.waiting(), 14)
    await platform.run('config', '--', 'set', 'classifieds.batch.within', '2 s')
    await platform.untilRows('late', 14)
    expect((await platform.rows('late')).transactions).to.equal(1)
  })

  it('a worker that was killed goes on from the ledger and skips nothing', async () => {
    await platform.run('config', '--', 'unset', 'classifieds.batch.within')
    platform.home.kill('worker-0')
    await platform.send(advertisements('restart', 15))
    await platform.untilRows('restart', 15)
    expect((await platform.rows('old')).ids).to.deep.equal([])
  })

  it('a worker in the foreground reads the topic in the same group, until Ctrl-C', async () => {
    const worker = platform.home.command('worker', '--', '--pipelines', 'classifieds')
    await worker.waitForOutput('pipeline-started pipeline=classifieds')
    await untilCount('the group has two members', () => platform.members(), 2)
    // Each worker has one of the two partitions, and stores when it has 15 records.
    await platform.send(advertisements('shared', 60))
    const areMostStored = async () => (await platform.rows('shared')).ids.length >= 30
    await until('most are stored', areMostStored, 120)
    worker.pressCtrlC()
    expect(await worker.waitForExit(60)).to.equal(0)
    await platform.run('config', '--', 'set', 'classifieds.batch.within', '1 s')
    await platform.untilRows('shared', 60)
    expect(await platform.ledger()).to.include({ updated: 0, dead: 0 })
  })

  it('two records of one id are one row, and the ledger counts one update', async () => {
    const [first] = advertisements('same', 1)
    if (first === undefined) throw new Error('there is no advertisement')
    const second = { ...first, created_at: '2020-04-08T18:07:32.1688793Z' }
    await platform.send([first, { ...second, price: 12_345.678, text: "It's cheaper" }])
    await until('the row is updated', async () => (await platform.ledger())?.updated === 1)
    expect((await platform.rows('same')).ids).to.deep.equal(['same-1'])
  })

  it('a record that is no JSON becomes a dead letter, and the next ones are stored', async () => {
    await platform.sendText("{'id': 'same-2'}")
    await platform.send(advertisements('next', 1))
    await platform.untilRows('next', 1)
    await until('the dead letter is counted', async () => (await platform.ledger())?.dead === 1)
    const letters = await platform.run('dead-letters', '--', 'list', '--pipeline', 'classifieds')
    expect(letters).to.include('not-json')
  })

  it('select * from Classifieds works unquoted: seven decimals are cut, an apostrophe and a price above 10,000 are kept', async () => {
    const shown = await platform.run(
      ...['sql', '--', "select * from Classifieds where id = 'same-1'"],
    )
    const [head, , row] = shown
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
    const cells = (head ?? []).map((name, index) => [name, row?.[index]])
    expect(Object.fromEntries(cells)).to.include({
      ...{ id: 'same-1', customer_id: '17', created_at: '2020-04-08 18:07:32.168879+00' },
      ...{ text: "It's cheaper", ad_type: 'Free', price: '12345.678', currency: 'EUR' },
      ...{ payment_type: 'Offline', payment_cost: '0.000' },
    })
  })
})

import { expect } from 'chai'
import { once } from 'node:events'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { createReadingDecoder } from '../../../scripts/dead-letters/decode-letters.ts'
import { ownerPool, localPassword } from '../../../scripts/platform/database.ts'
import {
  accountedReadings,
  countRows,
} from '../../../services/adapters/postgres/ledger/account-store.ts'
import { ReadingSink } from '../../../services/adapters/postgres/readings/reading-sink.ts'
import { PostgresRedriveStore } from '../../../services/adapters/postgres/dead-letters/redrive-store.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { rowImbalanceOf } from '../../../services/ledger/ledger.ts'
import { recordAsRunning } from '../../support/commands.ts'
import type { Json } from '../../support/dead-letters-command.ts'
import {
  runDeadLetters,
  runDeadLettersJson,
  startDeadLetters,
} from '../../support/dead-letters-command.ts'
import { manyReadings, postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const day = 86_400_000
const iso = (time: number): string => new Date(time).toISOString()
const fiveDaysAgo = Date.now() - 5 * day

describe('dead letters', function () {
  this.timeout(120_000)
  let tenant: Tenant

  // Readings of five days ago are refused, until the retention is raised to 30 days; their day is
  // still kept.
  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers(), ['postgres.retentionDays=4'])
    await tenant.startProducer()
    await tenant.startConsumer()
    recordAsRunning(tenant, ['postgres.retentionDays=30'])
  })

  afterEach(async () => {
    removeRunRecord(tenant.deployment.folders.state)
    await tenant[Symbol.asyncDispose]()
  })

  const deadLetters = (...args: readonly string[]) => runDeadLetters(tenant, args)
  const runJson = (...args: readonly string[]) => runDeadLettersJson(tenant, args)

  async function produce(readings: readonly object[], headers: Record<string, string> = {}) {
    const value = (reading: object): string => JSON.stringify(reading)
    await tenant.directChanges.produce(
      readings.map((reading, index) => ({ partition: index % 6, value: value(reading), headers })),
    )
  }

  const settled = (count: number) =>
    until(`${count} are settled`, async () => (await tenant.account()).settled === count)

  /** The first records of a tenant, so that the ids of their dead letters have this order. */
  async function produceInTurn(readings: readonly object[]): Promise<void> {
    for (const [index, reading] of readings.entries()) {
      await produce([reading])
      await settled(index + 1)
    }
  }

  async function idsOf(code: string): Promise<string[]> {
    const text = 'select id::text from dead_letter where code = $1 order by id'
    return (await tenant.sql<{ id: string }>(text, [code])).map(({ id }) => id)
  }

  async function receiptOf(id: string): Promise<string> {
    const [row] = await tenant.sql<{ receipt: string }>(
      `select concat_ws('-', log_id, partition, record_offset) as receipt from dead_letter where id = $1`,
      [id],
    )
    return row?.receipt ?? ''
  }

  async function expectBalance(counts: { rows: number; redriven: number }): Promise<void> {
    const pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    const account = await countRows(pool, accountedReadings(tenant.config.postgres.table))
    await pool.end()
    expect({ ...account, off: rowImbalanceOf(account) }).to.include({ ...counts, off: 0 })
  }

  /** Posts readings of five days ago, which become dead letters. */
  async function createDeadLetters(count: number, vin = 'OLD') {
    const readings = Array.from({ length: count }, (_, index) => ({
      ...readingJson(`${vin}-${index % 50}`, iso(fiveDaysAgo + index)),
      sequence: index,
    }))
    await produce(readings)
    await settled(count)
    expect(await tenant.account()).to.include({ deadLettered: count, stored: 0 })
    return readings
  }

  it('become rows exactly once after the configuration allows them', async () => {
    await createDeadLetters(40)
    await tenant.directChanges.produce([{ partition: 0, value: Buffer.from([0, 0xff]) }])
    await settled(41)
    const [old = ''] = await idsOf('time-too-old')
    expect(await receiptStatus(tenant, await receiptOf(old))).to.equal('dead-lettered')
    const first = await runJson('redrive', '--open', '--yes')
    expect(first).to.deep.include({ code: 1, chosen: 41, stored: 40, duplicate: 0, stillDead: 1 })
    expect(first).to.deep.include({ reasons: { 'unreadable-record': 1 } })
    await expectBalance({ rows: 40, redriven: 40 })
    const again = await runJson('redrive', '--open', '--yes')
    expect(again).to.include({ code: 1, chosen: 1, stored: 0, stillDead: 1 })
    const named = await runJson('redrive', old, await receiptOf(old))
    expect(named).to.include({ code: 0, chosen: 0, stored: 0, alreadyRedriven: 1 })
    await expectBalance({ rows: 40, redriven: 40 })
    expect(await receiptStatus(tenant, await receiptOf(old))).to.equal('stored')
    const [row] = await tenant.sql<Json>(`select vin, speed from diag where vin = 'OLD-0'`)
    expect(row).to.deep.equal({ vin: 'OLD-0', speed: 12.25 })
  })

  /** Redrives in this process, so that it certainly overlaps with other work. */
  async function redriveInProcess(ids: readonly number[], perBatch: number): Promise<string[]> {
    const pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    const judge = createReadingDecoder(30 * microsecondsPerDay)
    const { table } = tenant.config.postgres
    const sink = new ReadingSink(pool, table)
    const options = { pipeline: readingsPipeline, sink, decode: judge, states: ['open'] as const }
    const store = new PostgresRedriveStore(pool, options)
    const outcomes: string[] = []
    for (let first = 0; first < ids.length; first += perBatch) {
      const redriven = await store.redrive(ids.slice(first, first + perBatch))
      outcomes.push(...redriven.map(({ id, kind }) => `${id} ${kind}`))
    }
    await pool.end()
    return outcomes
  }

  it('are redriven exactly once by two concurrent redrives', async () => {
    await createDeadLetters(1_500)
    const ids = (await idsOf('time-too-old')).map(Number)
    const outcomes = await Promise.all([redriveInProcess(ids, 500), redriveInProcess(ids, 500)])
    expect(outcomes.flat().sort()).to.deep.equal(ids.map((id) => `${id} stored`).sort())
    await expectBalance({ rows: 1_500, redriven: 1_500 })
  })

  it('are redriven while the consumer stores the same and other readings', async () => {
    const readings = await createDeadLetters(1_500)
    const ids = (await idsOf('time-too-old')).map(Number)
    const receivedThen = { 'schema-version': '1', 'received-at': iso(fiveDaysAgo + 60_000) }
    const [outcomes] = await Promise.all([
      redriveInProcess(ids, 25),
      produce(readings.toReversed(), receivedThen),
      postJson(tenant, manyReadings(500, 'NEW')),
    ])
    await settled(3_500)
    const stored = outcomes.filter((outcome) => outcome.endsWith(' stored')).length
    const duplicates = outcomes.filter((outcome) => outcome.endsWith(' duplicate')).length
    expect(stored + duplicates).to.equal(1_500)
    expect(await tenant.account()).to.include({ deadLettered: 1_500, duplicate: stored })
    await expectBalance({ rows: 2_000, redriven: stored })
  })

  it('are redriven by a second run after the first was killed', async () => {
    await createDeadLetters(3_000)
    const first = startDeadLetters(tenant, ['redrive', '--open', '--yes'])
    const redriven = async (): Promise<number> => {
      const text = `select id from dead_letter where state = 'redriven'`
      return (await tenant.sql(text)).length
    }
    await until('some dead letters are redriven', async () => (await redriven()) > 0)
    first.kill('SIGKILL')
    await once(first, 'close')
    const answer = await runJson('redrive', '--open', '--yes')
    expect(answer).to.include({ code: 0, stillDead: 0, duplicate: 0 })
    await expectBalance({ rows: 3_000, redriven: 3_000 })
  })

  it('remain if the row with their key differs, and are settled if it is equal', async () => {
    const reading = readingJson('KEY', iso(fiveDaysAgo))
    await produceInTurn([reading, { ...reading, speed: 1 }])
    const receivedThen = { 'received-at': iso(fiveDaysAgo) }
    await produce([reading], receivedThen)
    await settled(3)
    const [same = '', other = ''] = await idsOf('time-too-old')
    const shown = await deadLetters('show', await receiptOf(other))
    expect(shown.out).to.include(
      'the row with its key has other values: speed 12.25 in the row, 1 in the dead letter',
    )
    const answer = await runJson('redrive', '--reason', 'time-too-old', '--yes')
    expect(answer).to.include({ code: 1, stored: 0, duplicate: 1, stillDead: 1 })
    expect(answer).to.deep.include({ reasons: { 'key-conflict': 1 } })
    expect(await idsOf('key-conflict')).to.deep.equal([other])
    const receipts = [await receiptOf(same), await receiptOf(other)]
    expect(await Promise.all(receipts.map((id) => receiptStatus(tenant, id)))).to.deep.equal([
      'duplicate',
      'dead-lettered',
    ])
    await expectBalance({ rows: 1, redriven: 0 })
  })

  it('with the same key become one row, and a dead letter with other values remains', async () => {
    const reading = readingJson('TWINS', iso(fiveDaysAgo))
    await produceInTurn([reading, reading, { ...reading, make: 'Other' }])
    const answer = await runJson('redrive', '--open', '--yes')
    expect(answer).to.include({ code: 1, stored: 1, duplicate: 1, stillDead: 1 })
    await expectBalance({ rows: 1, redriven: 1 })
  })

  it('remain only if the database refuses their values, and do not block others', async () => {
    await createDeadLetters(30)
    await tenant.sql('alter table diag add constraint not_17 check (sequence <> 17)')
    const answer = await runJson('redrive', '--open', '--yes')
    expect(answer).to.include({ code: 1, stored: 29, stillDead: 1 })
    expect(answer).to.deep.include({ reasons: { 'refused-by-database': 1 } })
    await tenant.sql('alter table diag drop constraint not_17')
    const [id = ''] = await idsOf('refused-by-database')
    expect(await runJson('redrive', id)).to.include({ code: 0, stored: 1 })
    await expectBalance({ rows: 30, redriven: 30 })
  })

  it('are expired if the retention would drop their row immediately', async () => {
    const [first] = await createDeadLetters(1)
    recordAsRunning(tenant, ['postgres.retentionDays=2'])
    const answer = await runJson('redrive', '--open', '--yes')
    expect(answer).to.deep.include({ code: 1, stored: 0, reasons: { 'time-too-old': 1 } })
    // It was received within the retention and has been a dead letter since.
    await tenant.sql(`update dead_letter set record_headers = $1, code = 'refused-by-database'`, [
      JSON.stringify([['received-at', Buffer.from(first?.timestamp ?? '').toString('base64')]]),
    ])
    const late = await runJson('redrive', '--open', '--yes')
    expect(late).to.deep.include({ code: 1, stored: 0, reasons: { expired: 1 } })
    expect(await idsOf('expired')).to.have.length(1)
    await expectBalance({ rows: 0, redriven: 0 })
  })

  it('are marked as discarded and can be redriven by id', async () => {
    await createDeadLetters(3)
    const [id = ''] = await idsOf('time-too-old')
    const receipt = await receiptOf(id)
    const discarded = await runJson('discard', receipt, '--reason-text', 'a test drive')
    expect(discarded).to.include({ code: 0, discarded: 1 })
    expect(await runJson('discard', id)).to.include({ code: 0, discarded: 0, alreadyDiscarded: 1 })
    const answer = await fetch(`${tenant.url}/receipts/${receipt}`)
    expect(await answer.json()).to.include({ status: 'dead-lettered', state: 'discarded' })
    const open = await runJson('list')
    const all = await runJson('list', '--all')
    expect([open['matching'], all['matching']]).to.deep.equal([2, 3])
    expect(await runJson('redrive', '--open', '--yes')).to.include({ code: 0, stored: 2 })
    expect((await deadLetters('show', id)).out).to.match(/\ndiscarded {2}.*: a test drive\n/)
    expect(await runJson('redrive', id)).to.include({ code: 0, stored: 1 })
    expect(await receiptStatus(tenant, receipt)).to.equal('stored')
    await expectBalance({ rows: 3, redriven: 3 })
  })

  it('are listed by reason and time and shown with their bytes', async () => {
    await createDeadLetters(3)
    const binary = Buffer.from([0, 0xff])
    await tenant.directChanges.produce([
      { partition: 2, key: 'k', value: binary, headers: { 'x-binary': binary } },
    ])
    await settled(4)
    const listed = await runJson('list', '--limit', '1')
    expect(listed).to.deep.include({
      matching: 4,
      reasons: [
        { reason: 'time-too-old', state: 'open', count: 3 },
        { reason: 'unreadable-record', state: 'open', count: 1 },
      ],
    })
    const [newest] = listed['letters'] as Json[]
    expect(newest).to.include({ reason: 'unreadable-record', state: 'open' })
    const diedAt = String(newest?.['diedAt'])
    expect(await runJson('list', '--until', diedAt)).to.include({ matching: 3 })
    expect(await runJson('list', '--since', diedAt)).to.include({ matching: 1 })
    expect(await runJson('list', '--reason', 'time-too-old')).to.include({ matching: 3 })
    const shown = await runJson('show', String(newest?.['id']))
    expect(shown).to.deep.include({
      key: { bytes: 1, text: 'k' },
      value: { bytes: 2, hex: '00ff' },
      headers: [{ name: 'x-binary', bytes: 2, hex: '00ff' }],
    })
    const table = await deadLetters('list')
    expect(table.out).to.match(/time-too-old +\| open +\| 3\n/)
    expect(table.out).to.include('\n4 dead letters\n')
  })

  it('cause an error of one sentence for an impossible request', async () => {
    await createDeadLetters(2)
    const sentence =
      'Dead letter 99 does not exist. npm run dead-letters -- list --all shows all.\n'
    expect(await deadLetters('show', '99')).to.deep.equal({ code: 1, out: sentence, err: '' })
    const jsonError = await deadLetters('redrive', '1', '99', '--json')
    expect(jsonError).to.deep.equal({ code: 1, out: '', err: sentence })
    await expectBalance({ rows: 0, redriven: 0 })
    expect(await deadLetters('redrive', '--open')).to.deep.equal({
      code: 1,
      out: 'Redrive 2 dead letters (time-too-old 2)? There is no terminal to ask for confirmation. Add --yes.\n',
      err: '',
    })
    const [id = ''] = await idsOf('time-too-old')
    expect(await deadLetters('redrive', '--limit', '1', '--yes')).to.deep.equal({
      code: 0,
      out: 'Of 1 dead letter: 1 stored, 0 already stored, 0 still dead letters.\n',
      err: '',
    })
    expect((await deadLetters('discard', id)).out).to.equal(
      `Dead letter ${id} was redriven already and cannot be discarded.\n`,
    )
  })
})

import { expect } from 'chai'
import kafkajs from 'kafkajs'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { removeReadRecords } from '../../../services/worker/pipelines/clean-grouped-topic.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { runDeadLettersJson } from '../../support/dead-letters-command.ts'
import { GroupedTenant } from '../../support/grouped-tenant.ts'
import { until } from '../../support/until.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const { ConfigResourceTypes } = kafkajs

describe('a declared pipeline with group_by', function () {
  this.timeout(120_000)
  let ads: GroupedTenant

  before(async () => {
    ads = await GroupedTenant.create()
    recordAsRunning(ads.tenant)
    await ads.start()
  })

  after(async () => {
    removeRunRecord(ads.tenant.deployment.folders.state)
    await ads[Symbol.asyncDispose]()
  })

  it('writes records with the same value to one partition of the grouped topic, from all source partitions', async () => {
    const kinds = ['Free', 'Paid', 'Premium', 'Gold', 'Silver']
    const record = (from: number, index: number) => {
      return { id: `${from}-${index}`, version: 1, kind: kinds[index % kinds.length] }
    }
    for (const partition of [0, 1]) {
      await ads.send(
        Array.from({ length: 50 }, (_, index) => record(partition, index)),
        partition,
      )
    }
    const counts = await ads.untilSettled(100)
    expect(counts).to.deep.equal({ settled: 100, stored: 100, updated: 0, duplicate: 0, dead: 0 })
    const records = await ads.readGrouped()
    expect(records).to.have.length(100)
    const partitionsOf = new Map<string | undefined, Set<number>>()
    for (const { key, value, partition } of records) {
      expect((JSON.parse(value ?? '') as { kind: string }).kind).to.equal(key)
      partitionsOf.set(key, (partitionsOf.get(key) ?? new Set()).add(partition))
    }
    expect([...partitionsOf.keys()].sort()).to.deep.equal([...kinds].sort())
    for (const [kind, partitions] of partitionsOf) expect(partitions.size, kind).to.equal(1)
    expect(new Set(records.map(({ partition }) => partition)).size).to.be.greaterThan(1)
    const grouping = await ads.untilGrouped(100)
    expect(grouping).to.deep.equal({ settled: 100, stored: 100, updated: 0, duplicate: 0, dead: 0 })
  })

  it('reads key, headers and time of the record in the source topic, and passes the trace on', async () => {
    const sentAt = new Date(Date.UTC(2020, 3, 8, 18, 7, 32, 168))
    const headers = { traceparent, 'av-telemetry-key': 'of another program', twice: ['a', 'b'] }
    const timestamp = String(sentAt.getTime())
    await ads.send([{ id: 'with', version: 1 }], 1, { key: 'own key', headers, timestamp })
    await ads.send([{ id: 'without', version: 1 }], 1)
    await ads.untilSettled(102)
    const rows = await ads.tenant.sql(
      `SELECT id, record_key, at, trace, headers FROM ads WHERE id LIKE 'with%' ORDER BY id`,
    )
    expect(rows[0]).to.deep.equal({
      ...{ id: 'with', record_key: 'own key', at: sentAt, trace: traceparent },
      headers: { traceparent, 'av-telemetry-key': 'of another program', twice: ['a', 'b'] },
    })
    expect(rows[1]).to.deep.include({ record_key: null, trace: null, headers: {} })
    const records = await ads.readGrouped()
    const found = records.find(({ value }) => value?.includes('"with"'))
    expect(found).to.deep.include({ key: 'Free' })
    expect(found?.headers['traceparent']).to.equal(traceparent)
    const origin = JSON.parse(found?.headers['av-telemetry-origin'] ?? '') as object
    expect(origin).to.include({ partition: 1, offset: 50, time: sentAt.getTime() * 1_000 })
  })

  it('makes one dead letter of each record that has no valid value, as without group_by', async () => {
    await ads.source.send([
      { partition: 0, value: 'garbage' },
      { partition: 0, value: null },
      { partition: 1, value: JSON.stringify({ id: 'bad', version: 1, kind: 7 }) },
    ])
    const { dead } = await ads.untilSettled(105)
    expect(dead).to.equal(3)
    expect(await ads.untilGrouped(105)).to.include({ stored: 105, dead: 0 })
    const letters = await ads.tenant.sql(
      'SELECT pipeline, code FROM dead_letter ORDER BY code, record_offset',
    )
    expect(letters).to.deep.equal([
      { pipeline: 'ads', code: 'no-value' },
      { pipeline: 'ads', code: 'not-json' },
      { pipeline: 'ads', code: 'wrong-type' },
    ])
    const ungrouped = (await ads.readGrouped()).filter(({ key }) => key === undefined)
    expect(ungrouped.map(({ partition }) => partition)).to.deep.equal([0, 0, 0])
  })

  it('refuses records that another program has written to the grouped topic', async () => {
    await ads.tenant
      .changesOf(ads.groupedTopic)
      .produce([{ value: JSON.stringify({ id: 'stranger', version: 1 }) }])
    await ads.untilSettled(106)
    const letters = await ads.tenant.sql(`SELECT code FROM dead_letter WHERE code = 'no-origin'`)
    expect(letters).to.have.length(1)
  })

  it('shows the accounts of both stages in npm run status, and they balance', async () => {
    const { out } = await runCommand(ads.tenant, ['status', '--json'])
    const { pipelines } = JSON.parse(out) as {
      pipelines: (Record<string, unknown> & { name: string })[]
    }
    const [, grouping, storing] = pipelines
    expect(grouping).to.include({ name: 'ads:group_by', table: null, rows: null, rowImbalance: 0 })
    expect(grouping?.['total']).to.include({ settled: 105, stored: 105, inFlight: 0, imbalance: 0 })
    expect(storing).to.include({ name: 'ads', table: 'data.ads', rowImbalance: 0 })
    expect(storing?.['total']).to.include({ settled: 106, deadLettered: 4, inFlight: 0 })
    const text = await runCommand(ads.tenant, ['status'])
    expect(text.out).to.match(/Pipeline ads:group_by\n[^]*Pipeline ads\n[^]*Rows: 102 now/)
    const described = await runCommand(ads.tenant, ['pipeline', 'describe', 'ads'])
    expect(described.out).to.include(`kind, in the topic ${ads.groupedTopic} (3 partitions)`)
  })

  it('lists both stages in npm run pipeline -- list, each with its state, lag and records', async () => {
    const { out } = await runCommand(ads.tenant, ['pipeline', 'list'])
    expect(cellsOf(out)).to.deep.equal([
      ...[['ads:group_by', 'running', '0', ads.source.name, '', '105', '105', '0', '0', '0']],
      ['ads', 'running', '0', ads.groupedTopic, 'ads', '106', '102', '0', '0', '4'],
    ])
  })

  it('redrives a dead letter whose origin is settled already, by the conflict rule', async () => {
    await ads.source.send([
      { partition: 0, key: 'k', value: JSON.stringify({ id: 'late', version: 'two' }) },
      { partition: 0, value: JSON.stringify({ id: 'after', version: 1 }) },
    ])
    await ads.untilSettled(108)
    await ads.untilGrouped(107)
    const shown = await runDeadLettersJson(ads.tenant, ['list', '--pipeline', 'ads'])
    expect(shown).to.include({ matching: 5 })
    // As if the declaration had been corrected.
    await ads.tenant.sql(
      `UPDATE dead_letter SET record_value = convert_to('{"id":"late","version":"2"}', 'UTF8')
       WHERE code = 'wrong-type' AND convert_from(record_value, 'UTF8') LIKE '%late%'`,
    )
    const answer = await runDeadLettersJson(ads.tenant, [
      ...['redrive', '--open', '--yes', '--pipeline', 'ads'],
    ])
    expect(answer).to.deep.include({ stored: 1, duplicate: 0, stillDead: 4 })
    const rows = await ads.tenant.sql(`SELECT version, record_key FROM ads WHERE id = 'late'`)
    expect(rows).to.deep.equal([{ version: 2, record_key: 'k' }])
  })

  it('keeps records in the grouped topic until they are read and old enough', async () => {
    const { config, deployment } = ads.tenant
    const pool = ownerPool(config, localPassword(deployment.folders))
    const topic = ads.groupedTopic
    await using admin = new TopicAdmin(ads.source.kafka, topic)
    const ledgers = new PostgresLedgerStore(pool, 'ads')
    const clean = (before: number) =>
      removeReadRecords({ topic, admin, ledgers }, new Date(Date.now() + before))
    const sumOf = (offsets: readonly number[]) => offsets.reduce((sum, each) => sum + each, 0)
    const present = async () => sumOf((await admin.ranges()).map(({ low, high }) => high - low))
    await clean(-3_600_000)
    expect(await present()).to.equal(108)
    await ads.tenant.sql(
      `UPDATE partition_ledger SET next_offset = next_offset - 1 WHERE pipeline = 'ads' AND partition = 0`,
    )
    await clean(3_600_000)
    expect(await present()).to.equal(1)
    await ads.tenant.sql(
      `UPDATE partition_ledger SET next_offset = next_offset + 1 WHERE pipeline = 'ads' AND partition = 0`,
    )
    await pool.end()
  })

  it('pauses and resumes both stages', async () => {
    await runCommand(ads.tenant, ['pipeline', 'pause', 'ads'])
    await until('the pipeline has stopped', () =>
      ads.log.lines.some(({ event }) => event === 'pipeline-stopped'),
    )
    await ads.send([{ id: 'paused', version: 1 }])
    expect(await ads.counts('ads:group_by')).to.include({ settled: 107 })
    const json = await runCommand(ads.tenant, ['pipeline', 'list', '--json'])
    const [listed] = JSON.parse(json.out) as { stages: Record<string, unknown>[] }[]
    const stages = listed?.stages.map(({ name, state, lag }) => [name, state, lag])
    expect(stages).to.deep.equal([
      ['ads:group_by', 'paused', 1],
      ['ads', 'paused', 0],
    ])
    await runCommand(ads.tenant, ['pipeline', 'resume', 'ads'])
    await ads.untilSettled(109)
  })

  it('makes a dead letter of a record that Kafka refuses in the grouped topic, and continues', async () => {
    const admin = ads.source.kafka.admin()
    await admin.connect()
    const configEntries = [{ name: 'max.message.bytes', value: '4000' }]
    const topic = { type: ConfigResourceTypes.TOPIC, name: ads.groupedTopic, configEntries }
    await admin.alterConfigs({ validateOnly: false, resources: [topic] })
    await admin.disconnect()
    const note = 'x'.repeat(20_000)
    const { settled } = await ads.counts('ads:group_by')
    await ads.send([
      { id: 'before', version: 1 },
      { id: 'large', version: 1, note },
      { id: 'after', version: 1 },
    ])
    expect(await ads.untilGrouped(settled + 3)).to.include({ dead: 1 })
    await until('the other records have rows', async () => {
      const rows = await ads.rows()
      return rows.includes('before 1') && rows.includes('after 1')
    })
    const letters = await ads.tenant.sql(
      `SELECT code, detail, position('xxx' in convert_from(record_value, 'UTF8')) > 0 AS is_kept
       FROM dead_letter WHERE pipeline = 'ads:group_by'`,
    )
    expect(letters).to.have.length(1)
    expect(letters[0]).to.include({ code: 'refused-by-kafka', is_kept: true })
    expect(letters[0]?.['detail']).to.match(/too large|larger than/i)
    expect(await ads.rows()).not.to.include('large 1')
  })
})

/** The cells of the first two lines of a printed table. */
function cellsOf(table: string): string[][] {
  const lines = table.split('\n').slice(2, 4)
  return lines.map((line) => line.split('|').map((cell) => cell.trim()))
}

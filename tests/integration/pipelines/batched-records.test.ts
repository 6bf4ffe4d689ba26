import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { root } from '../../../scripts/platform/paths.ts'
import { localPassword, ownerClient, ownerPool } from '../../../scripts/platform/database.ts'
import { consumerGroupOf, createKafka } from '../../../services/adapters/kafka/client.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { checkRows } from '../../../services/adapters/postgres/ledger/account-store.ts'
import { rowImbalanceOf } from '../../../services/ledger/ledger.ts'
import type { ItemOptions } from '../../support/item-stream.ts'
import {
  createItemTable,
  itemPipeline,
  itemPlaceOf,
  ItemStream,
} from '../../support/item-stream.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

/** A test that passes does not wait so long. */
const never = 3_600_000
const fifteen = { batch: { records: 15, withinMs: never } }

/** Records of new items, in turn on three partitions. */
const items = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    partition: index % 3,
    value: `item-${from + index} ${index}`,
  }))

describe('A pipeline with a batch', function () {
  this.timeout(120_000)
  let tenant: Tenant

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    await createItemTable(tenant)
  })

  afterEach(() => tenant[Symbol.asyncDispose]())

  const post = (messages: { partition: number; value: string }[]) =>
    tenant.directChanges.produce(messages)

  async function countRows(): Promise<number> {
    const [row] = await tenant.sql<{ count: number }>('SELECT count(*)::int AS count FROM item')
    return row?.count ?? NaN
  }

  /** How many rows each transaction has stored, the largest number first. */
  async function rowsByTransaction(): Promise<number[]> {
    const rows = await tenant.sql<{ count: number }>(
      'SELECT count(*)::int AS count FROM item GROUP BY xmin::text ORDER BY count DESC',
    )
    return rows.map(({ count }) => count)
  }

  const untilRows = (expected: number) =>
    untilCount(`${expected} rows are stored`, countRows, expected)

  const untilWaiting = (stream: ItemStream, expected: number) =>
    untilCount(`${expected} records wait`, () => stream.waiting(), expected)

  /** Waits until the offsets are settled. Expects that the account balances with the rows. */
  async function untilSettled(expected: number) {
    const settled = async () => (await tenant.account()).settled
    await untilCount(`${expected} offsets are settled`, settled, expected)
    const pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    try {
      const { rows, ledgerImbalance } = await checkRows(pool, {
        pipeline: itemPipeline,
        relation: '"item"',
      })
      expect([rowImbalanceOf(rows), ledgerImbalance]).to.deep.equal([0, 0])
    } finally {
      await pool.end()
    }
    return tenant.account()
  }

  async function committed(): Promise<number> {
    const { kafka } = itemPlaceOf(tenant)
    const { topic } = kafka
    await using admin = new TopicAdmin(createKafka(kafka, 'a-test', serviceLogger), topic)
    const offsets = await admin.committed(consumerGroupOf({ pipeline: itemPipeline, topic }))
    return [...offsets.values()].reduce((sum, offset) => sum + offset, 0)
  }

  it('stores nothing until enough records wait, and then those of all partitions in one transaction', async () => {
    await using stream = await ItemStream.start(tenant, fifteen)
    await post(items(14))
    await untilWaiting(stream, 14)
    expect([await countRows(), await committed()]).to.deep.equal([0, 0])
    await post([{ partition: 0, value: 'the-last 1' }])
    await untilRows(15)
    expect(await rowsByTransaction()).to.deep.equal([15])
    // The metrics change after the commit.
    await untilCount('the metric counts the rows', () => stream.settledAs('stored'), 15)
    await untilWaiting(stream, 0)
  })

  it('takes all records of a transaction from one partition, although they arrive one by one', async () => {
    await using stream = await ItemStream.start(tenant, fifteen)
    for (let index = 0; index < 15; index += 1) {
      await untilWaiting(stream, index)
      await post([{ partition: 2, value: `item-${index} 1` }])
    }
    await untilRows(15)
    expect(await rowsByTransaction()).to.deep.equal([15])
  })

  it('stores fewer records when the first one has waited long enough', async () => {
    await using stream = await ItemStream.start(tenant, {
      batch: { records: 1_000, withinMs: 5_000 },
    })
    await post(items(14))
    await until(
      '14 records wait and no row is stored',
      async () => (await countRows()) === 0 && (await stream.waiting()) === 14,
    )
    await untilRows(14)
    expect(await rowsByTransaction()).to.deep.equal([14])
  })

  it('divides 40 records that arrive at once, and commits to the group only those that are stored', async () => {
    await post(items(40))
    await using stream = await ItemStream.start(tenant, fifteen)
    await untilWaiting(stream, 10)
    await untilRows(30)
    await untilCount('the stored records are committed', committed, 30)
    await post(items(5, 40))
    await untilRows(45)
    expect(await rowsByTransaction()).to.deep.equal([15, 15, 15])
    await untilCount('all records are committed', committed, 45)
    expect(stream.events('ledger-behind-group')).to.deep.equal([])
  })

  it('stores the other records if one has a conflict and one is refused, and counts both as records', async () => {
    await post(items(15))
    await using stream = await ItemStream.start(tenant, fifteen)
    await untilRows(15)
    await post([
      ...items(12, 100),
      { partition: 0, value: 'item-0 999' },
      { partition: 1, value: 'item-1 1' },
    ])
    await untilWaiting(stream, 14)
    await post([{ partition: 2, value: 'without-a-price' }])
    const account = await untilSettled(30)
    expect(account).to.include({ stored: 27, duplicate: 1, deadLettered: 2, withoutRecord: 0 })
    expect(await countRows()).to.equal(27)
    const letters = await tenant.sql('SELECT code FROM dead_letter ORDER BY code')
    expect(letters).to.deep.equal([{ code: 'key-conflict' }, { code: 'no-price' }])
  })

  it('stores each record once if another consumer joins while records wait', async () => {
    const options = { batch: { records: 15, withinMs: 5_000 } }
    await using first = await ItemStream.start(tenant, { batch: { records: 15, withinMs: never } })
    await post(items(14))
    await untilWaiting(first, 14)
    await using second = await ItemStream.start(tenant, options)
    await until(
      'the first consumer has joined again',
      () => first.events('group-joined').length > 1,
    )
    for (let round = 1; round <= 5; round += 1) await post(items(30, 100 * round))
    await first[Symbol.asyncDispose]()
    const account = await untilSettled(164)
    expect(account).to.include({ stored: 164, duplicate: 0, deadLettered: 0 })
    expect([await countRows(), second.events('outage-began')]).to.deep.equal([164, []])
  })

  it('stores each record once if the consumer is killed while records wait', async () => {
    await killWhileWaiting(tenant, fifteen, 14)
    expect(await countRows()).to.equal(0)
    await using stream = await ItemStream.start(tenant, fifteen)
    await untilWaiting(stream, 14)
    await post(items(1, 14))
    await untilRows(15)
    expect(await untilSettled(15)).to.include({ stored: 15, duplicate: 0 })
  })

  it('stops while records wait, and stores each of them once after the next start', async () => {
    const first = await ItemStream.start(tenant, fifteen)
    await post(items(14))
    await untilWaiting(first, 14)
    await first[Symbol.asyncDispose]()
    expect([await countRows(), await committed()]).to.deep.equal([0, 0])
    await using second = await ItemStream.start(tenant, fifteen)
    await untilWaiting(second, 14)
    await post(items(1, 14))
    await untilRows(15)
    expect(await rowsByTransaction()).to.deep.equal([15])
    expect(await untilSettled(15)).to.include({ stored: 15, duplicate: 0 })
  })

  it('stores all when the database returns, in batches, and reports one outage', async () => {
    await using stream = await ItemStream.start(tenant, fifteen)
    await post(items(14))
    await untilWaiting(stream, 14)
    await using database = await connectOutside(tenant)
    await database.close()
    await post(items(40, 100))
    await until('the stream is not ready', () => stream.whyNotReady() !== undefined)
    expect(stream.whyNotReady()).to.equal('the database or Kafka cannot be reached')
    await database.open()
    await untilRows(45)
    expect(await rowsByTransaction()).to.deep.equal([15, 15, 15])
    await until('the outage has ended', () => stream.whyNotReady() === undefined)
    const outages = ['outage-began', 'outage-ended'].map((event) => stream.events(event).length)
    expect(outages).to.deep.equal([1, 1])
    await untilWaiting(stream, 9)
  })

  it('drops what waits of a partition whose ledger has moved, and reads it again without a new record', async () => {
    await using stream = await ItemStream.start(tenant, {
      batch: { records: 100, withinMs: 4_000 },
    })
    await post(items(9))
    await untilWaiting(stream, 9)
    // As if another consumer had stored the first two records of the partition.
    const moved = await tenant.sql(
      `UPDATE partition_ledger SET next_offset = 2, stored = 2
       WHERE pipeline = $1 AND partition = 1 AND next_offset = 0 RETURNING partition`,
      [itemPipeline],
    )
    expect(moved).to.have.length(1)
    await untilRows(7)
    expect(await tenant.account()).to.include({ settled: 9, stored: 9, duplicate: 0 })
    await untilWaiting(stream, 0)
  })

  it('commits offsets to the group after a number of records instead of every second', async () => {
    const first = await ItemStream.start(tenant, { commitEvery: 20 })
    for (let index = 0; index < 19; index += 1) {
      await post(items(1, index))
      await untilRows(index + 1)
    }
    expect(await committed()).to.equal(0)
    await post(items(1, 19))
    await untilCount('the offsets are committed', committed, 20)
    await post(items(3, 20))
    await untilRows(23)
    expect(await committed()).to.equal(20)
    await first[Symbol.asyncDispose]()
    expect(await committed()).to.equal(23)
  })
})

/** Runs a stream in a child process, and kills it when so many new items wait. */
async function killWhileWaiting(
  tenant: Tenant,
  options: ItemOptions,
  count: number,
): Promise<void> {
  const program = join(root, 'tests/support/run-item-stream.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    cwd: root,
    env: { ...process.env, ITEM_STREAM: JSON.stringify({ place: itemPlaceOf(tenant), options }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  let waiting = NaN
  createInterface(child.stdout).on('line', (line) => {
    waiting = (JSON.parse(line) as { waiting: number }).waiting
  })
  try {
    await tenant.directChanges.produce(items(count))
    await until(`${count} records wait in the child process`, () => waiting === count)
  } finally {
    child.kill('SIGKILL')
    await closed
  }
}

/** A connection with which the tenant's database can be closed and opened. */
async function connectOutside({ config, deployment }: Tenant) {
  const client = ownerClient(config, deployment.folders, 'postgres')
  await client.connect()
  const { database } = config.postgres
  const allow = (isAllowed: boolean) =>
    client.query(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS ${String(isAllowed)}`)
  return {
    close: async () => {
      await allow(false)
      await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
        [database],
      )
    },
    open: () => allow(true),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

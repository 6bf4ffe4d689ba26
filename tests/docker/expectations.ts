import { expect } from 'chai'
import { until } from '../support/until.ts'
import type { Load } from './load.ts'
import { recoverySeconds } from './faults.ts'
import { keysOfRows } from './load.ts'
import type { TestPlatform } from './test-platform.ts'

/** A platform with an account of its clients, and with a way to ask its database. */
export type Accounted = Pick<TestPlatform, 'account' | 'config' | 'sql'>

/** Waits until new readings are acknowledged and stored. */
export async function expectFlow(platform: Accounted): Promise<void> {
  const since = new Date().toISOString()
  await expectAcknowledgements(platform)
  await expectStoredSince(platform, since)
}

/** Waits until new readings are acknowledged. */
export async function expectAcknowledgements({ account }: Accounted): Promise<void> {
  const before = account.acknowledged.size
  const more = () => account.acknowledged.size > before + 100
  await until('readings are acknowledged', more, recoverySeconds)
}

async function expectStoredSince(platform: Accounted, since: string): Promise<void> {
  const { table } = platform.config.postgres
  const query = `select exists (select from ${table} where received_at > '${since}')`
  const isStored = async () => (await platform.sql(query))[0] === 't'
  await until('readings are stored', isStored, recoverySeconds)
}

/**
 * Stops the load and compares the account of the clients with the database: each sent reading is
 * acknowledged and has one row, there are no other rows, and the ledger accounts for each offset.
 */
export async function expectAllStored(platform: Accounted, load: Load): Promise<void> {
  await load.stop()
  const { sent, acknowledged } = platform.account
  expect(acknowledged.size).to.equal(sent.size)
  const { table } = platform.config.postgres
  const countRows = async () => Number((await platform.sql(`select count(*) from ${table}`))[0])
  const areStored = async () => (await countRows()) >= acknowledged.size
  await until('all readings are stored', areStored, recoverySeconds).catch(() => undefined)
  const rows = await platform.sql(keysOfRows(table))
  const present = new Set(rows)
  expect([...acknowledged].filter((key) => !present.has(key))).to.deep.equal([])
  expect(rows.filter((key) => !sent.has(key))).to.deep.equal([])
  expect(rows.length).to.equal(sent.size)
  await expectBalancedLedger(platform)
}

/**
 * Expects for all partitions: the settled offsets are the sum of the ledger's counts, there are no dead
 * letters and no expired readings, and the number of rows is the number of stored readings.
 */
async function expectBalancedLedger(platform: Accounted): Promise<void> {
  const { table } = platform.config.postgres
  const unbalanced = await platform.sql(
    `select * from partition_ledger where next_offset - start_offset
     <> stored + duplicate + dead_lettered + expired + without_record`,
  )
  expect(unbalanced).to.deep.equal([])
  const [totals] = await platform.sql(
    `select sum(stored) - (select count(*) from ${table}), sum(dead_lettered), sum(expired)
     from partition_ledger`,
  )
  expect(totals).to.equal('0|0|0')
}

import { expect } from 'chai'
import { localPassword, ownerPool } from '../../../scripts/platform/local-access.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import { manyReadings, postJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** Seconds; a quarter of a minute where nothing else runs. */
const patience = 120
const total = 100_000
const perRequest = 1_000

describe('a consumer that is frozen inside its transaction', function () {
  this.timeout(240_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers(), ['consumer.instances=2'])
    await tenant.startProducer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  async function post(count: number, prefix: string): Promise<void> {
    const readings = manyReadings(count, prefix)
    const batches = Array.from({ length: count / perRequest }, (_, index) => {
      return readings.slice(index * perRequest, (index + 1) * perRequest)
    })
    while (batches.length > 0) {
      const answers = await Promise.all(
        batches.splice(0, 5).map((batch) => postJson(tenant, batch)),
      )
      expect(answers.filter(({ status }) => status !== 202)).to.deep.equal([])
    }
  }

  /** Sessions of consumers that hold a partition's ledger and say nothing. */
  async function holders(): Promise<number[]> {
    const rows = await tenant.sql<{ pid: number }>(`
      SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid)
      WHERE datname = current_database() AND application_name LIKE 'av-telemetry%'
        AND wait_event = 'ClientRead'
        AND relation = 'partition_ledger'::regclass AND mode = 'RowShareLock'`)
    return rows.map(({ pid }) => pid)
  }

  /** Stops the process at a moment when Postgres waits for it in the middle of a transaction. */
  async function freezeInTransaction(victim: { kill: (signal: NodeJS.Signals) => boolean }) {
    return until('it is frozen inside a transaction', async () => {
      victim.kill('SIGSTOP')
      // What it had sent before is worked off; what is still held then stays held.
      let held = await holders()
      for (let looks = 0; looks < 5 && held.length > 0; looks += 1) held = await holders()
      if (held.length > 0) return held
      victim.kill('SIGCONT')
      return false
    })
  }

  const settled = (count: number, seconds = 30) =>
    until(
      `${count} are settled`,
      async () => {
        const account = await tenant.account()
        return account.settled >= count && account
      },
      seconds,
    )

  const onlyStored = (count: number) => ({
    settled: count,
    stored: count,
    duplicate: 0,
    deadLettered: 0,
    expired: 0,
    withoutRecord: 0,
    updated: 0,
  })

  const isReady = async (instance: number): Promise<boolean> => {
    const port = tenant.config.consumer.opsHostPort + instance
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200
  }

  it('is followed by another, and writes nothing when it is woken', async () => {
    await post(total, 'FROZEN')
    const victim = tenant.spawn('consumer')
    await until('it stores', async () => (await tenant.account()).settled > 0)
    const held = await freezeInTransaction(victim)
    expect((await tenant.account()).settled).to.be.lessThan(total)
    tenant.spawn('consumer', 1)
    expect(await settled(total, patience)).to.deep.equal(onlyStored(total))
    expect(await holders()).not.to.include.members(held)
    victim.kill('SIGCONT')
    await until('it has its part of the work again', async () => {
      return (await isReady(0)) && (await isReady(1))
    })
    expect(await tenant.account()).to.deep.equal(onlyStored(total))
    expect(await tenant.countRows()).to.equal(total)
    await post(perRequest, 'AWAKE')
    expect(await settled(total + perRequest)).to.deep.equal(onlyStored(total + perRequest))
    expect(await tenant.countRows()).to.equal(total + perRequest)
  })
  it('keeps nobody from seeing where the partition stands', async function () {
    this.timeout(20_000)
    const { config, folders } = tenant.deployment
    const pool = ownerPool(config, localPassword(folders))
    const holder = await pool.connect()
    try {
      const ledgers = new PostgresLedgerStore(pool, readingsPipeline)
      const log = await ledgers.currentLog(config.kafka.topic)
      if (log === undefined) throw new Error('no log has begun')
      const before = await ledgers.ledgerOf(log.id, 0, 0)
      await holder.query('BEGIN; UPDATE partition_ledger SET next_offset = next_offset + 1')
      expect(await ledgers.ledgerOf(log.id, 0, 0)).to.deep.equal(before)
    } finally {
      await holder.query('ROLLBACK')
      holder.release()
      await pool.end()
    }
  })
})

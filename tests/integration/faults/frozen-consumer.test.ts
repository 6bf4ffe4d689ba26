import { expect } from 'chai'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import { manyReadings, postJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** Takes 15 s on an idle machine. */
const settleTimeoutSeconds = 120
const total = 100_000
const readingsPerRequest = 1_000

describe('a consumer frozen inside its transaction', function () {
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
    const batches = Array.from({ length: count / readingsPerRequest }, (_, index) => {
      return readings.slice(index * readingsPerRequest, (index + 1) * readingsPerRequest)
    })
    while (batches.length > 0) {
      const answers = await Promise.all(
        batches.splice(0, 5).map((batch) => postJson(tenant, batch)),
      )
      expect(answers.filter(({ status }) => status !== 202)).to.deep.equal([])
    }
  }

  /** The backend pids of consumer sessions that hold a ledger lock and are idle. */
  async function lockHolders(): Promise<number[]> {
    const rows = await tenant.sql<{ pid: number }>(`
      SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid)
      WHERE datname = current_database() AND application_name LIKE 'av-telemetry%'
        AND wait_event = 'ClientRead'
        AND relation = 'partition_ledger'::regclass AND mode = 'RowShareLock'`)
    return rows.map(({ pid }) => pid)
  }

  /** Freezes the process while Postgres waits for it in the middle of a transaction. */
  async function freezeInTransaction(consumer: { kill: (signal: NodeJS.Signals) => boolean }) {
    return until('the consumer is frozen inside a transaction', async () => {
      consumer.kill('SIGSTOP')
      // Statements sent before the freeze still finish. A lock that is held after that stays held.
      let held = await lockHolders()
      for (let checks = 0; checks < 5 && held.length > 0; checks += 1) held = await lockHolders()
      if (held.length > 0) return held
      consumer.kill('SIGCONT')
      return false
    })
  }

  const settled = (count: number, timeoutSeconds = 60) =>
    until(
      `${count} readings are settled`,
      async () => {
        const account = await tenant.account()
        return account.settled >= count && account
      },
      timeoutSeconds,
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

  it('is replaced by another consumer and writes nothing after it is resumed', async () => {
    await post(total, 'FROZEN')
    const consumer = tenant.spawn('consumer')
    await until('the consumer stores readings', async () => (await tenant.account()).settled > 0)
    const held = await freezeInTransaction(consumer)
    expect((await tenant.account()).settled).to.be.lessThan(total)
    tenant.spawn('consumer', 1)
    expect(await settled(total, settleTimeoutSeconds)).to.deep.equal(onlyStored(total))
    expect(await lockHolders()).not.to.include.members(held)
    consumer.kill('SIGCONT')
    await until('both consumers are ready', async () => {
      return (await isReady(0)) && (await isReady(1))
    })
    expect(await tenant.account()).to.deep.equal(onlyStored(total))
    expect(await tenant.countRows()).to.equal(total)
    await post(readingsPerRequest, 'AWAKE')
    expect(await settled(total + readingsPerRequest)).to.deep.equal(
      onlyStored(total + readingsPerRequest),
    )
    expect(await tenant.countRows()).to.equal(total + readingsPerRequest)
  })
  it('does not block reading the ledger of its partition', async () => {
    const { config, folders } = tenant.deployment
    const pool = ownerPool(config, localPassword(folders))
    const holder = await pool.connect()
    try {
      const ledgers = new PostgresLedgerStore(pool, readingsPipeline)
      const log = await ledgers.currentLog(config.kafka.topic)
      if (log === undefined) throw new Error('the topic has no log id')
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

import { expect } from 'chai'
import type pg from 'pg'
import { Registry } from 'prom-client'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { AccountMetrics } from '../../../services/stream/account-metrics.ts'
import { AccountKeeper } from '../../../services/worker/pipelines/account-keeper.ts'
import { captureLog } from '../../support/captured-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const count = 20
const names = Array.from({ length: count }, (_, number) => `idle_${number}`)

/** Like the metrics of a worker; counts how often each account was shown. */
class CountedMetrics extends AccountMetrics {
  readonly shown = new Map<string, number>()

  override show(view: Parameters<AccountMetrics['show']>[0]): void {
    super.show(view)
    this.shown.set(view.pipeline, this.roundsOf(view.pipeline) + 1)
  }

  roundsOf(pipeline: string): number {
    return this.shown.get(pipeline) ?? 0
  }
}

describe('AccountKeeper', function () {
  this.timeout(90_000)
  let tenant: Tenant
  let pool: pg.Pool
  const admins = new Map<string, TopicAdmin>()
  const registry = new Registry()
  const metrics = new CountedMetrics(registry)
  const { logger, lines } = captureLog()
  const last = names.at(-1) ?? ''

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    const { config, deployment } = tenant
    const { topic } = config.kafka
    pool = ownerPool(config, localPassword(deployment.folders))
    await tenant.sql('CREATE SCHEMA IF NOT EXISTS data')
    for (const name of names) {
      const kafka = createKafka(tenant.kafka, 'a-test', logger)
      admins.set(name, new TopicAdmin(kafka, topic))
      const ledgers = new PostgresLedgerStore(pool, name)
      const { id = 0 } = (await ledgers.currentLog(topic)) ?? {}
      await ledgers.beginLedgers(topic, id, [0, 0])
      if (name !== 'idle_3') await tenant.sql(`CREATE TABLE data.${name} (id text)`)
    }
  })

  after(async () => {
    for (const admin of admins.values()) await admin[Symbol.asyncDispose]()
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  const startKeeper = () =>
    new AccountKeeper({
      running: () =>
        [...admins].map(([name, admin]) => ({
          accounted: { pipeline: name, relation: `data.${name}` },
          stages: [{ name, topic: tenant.config.kafka.topic, admin }],
        })),
      ...{ pool, metrics, logger, checkIntervalSeconds: 3_600, intervalMs: 20 },
    })

  it('checks all accounts although the table of one is missing, and logs that once', async () => {
    await using _keeper = startKeeper()
    await until('all other accounts are checked', async () => {
      const checked = await tenant.sql(`SELECT DISTINCT pipeline FROM account_check`)
      return checked.length === count - 1
    })
    const rounds = metrics.roundsOf(last)
    await until('further rounds', () => metrics.roundsOf(last) > rounds + 3)
    const failures = lines.filter(({ event }) => event === 'account-check-failed')
    expect(failures.map(({ pipeline }) => pipeline)).to.deep.equal(['idle_3'])
    expect(JSON.stringify(failures)).to.include('data.idle_3')
  })

  it('shows each account as metrics', async () => {
    const { values } = await registry.getSingleMetric('telemetry_account_imbalance')!.get()
    const rows = values.filter(({ labels }) => labels['of'] === 'rows')
    expect(rows.map(({ labels }) => labels['pipeline'])).to.have.members(
      names.filter((name) => name !== 'idle_3'),
    )
    const settled = await registry.getSingleMetric('telemetry_ledger_settled_offsets')!.get()
    expect(settled.values).to.have.lengthOf(2 * count)
    const inFlight = await registry.getSingleMetric('telemetry_account_in_flight_offsets')!.get()
    expect(inFlight.values).to.have.lengthOf(count)
  })

  it('needs one query a round, for any number of accounts, while none is due', async () => {
    await tenant.sql('CREATE TABLE IF NOT EXISTS data.idle_3 (id text)')
    const keeper = startKeeper()
    await until('the last account is checked', async () => {
      const checked = await tenant.sql(`SELECT FROM account_check WHERE pipeline = 'idle_3'`)
      return checked.length === 1
    })
    const rounds = metrics.roundsOf(last)
    await until('the next round', () => metrics.roundsOf(last) > rounds)
    const from = metrics.roundsOf(last)
    let queries = 0
    // The pool lends a connection for each query.
    pool.on('acquire', () => (queries += 1))
    await until('further rounds', () => metrics.roundsOf(last) >= from + 10)
    await keeper[Symbol.asyncDispose]()
    // The query of the first of these rounds may have been before.
    expect(queries).to.be.within(9, metrics.roundsOf(last) - from + 1)
  })
})

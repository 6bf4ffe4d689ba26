import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import {
  accountedReadings,
  countRows,
} from '../../../services/adapters/postgres/ledger/account-store.ts'
import { rowImbalanceOf } from '../../../services/ledger/ledger.ts'
import { recordAsRunning } from '../../support/commands.ts'
import { runDeadLettersJson } from '../../support/dead-letters-command.ts'
import { manyReadings, postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('A trigger on the table of readings', function () {
  this.timeout(120_000)
  let tenant: Tenant

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  afterEach(async () => {
    removeRunRecord(tenant.deployment.folders.state)
    await tenant[Symbol.asyncDispose]()
  })

  /** Creates a row trigger that runs the statements before a row is inserted. */
  async function createTrigger(statements: string): Promise<void> {
    await tenant.sql(`
      create or replace function refuse() returns trigger language plpgsql as
        $$ begin ${statements} return new; end $$;
      create or replace trigger refuse before insert on diag for each row execute function refuse()`)
  }

  const settled = (count: number) =>
    until(`${count} records are settled`, async () => {
      const account = await tenant.account()
      return account.settled === count && account
    })

  const letters = () =>
    tenant.sql<{ code: string; detail: string; vin: string }>(
      `select code, detail, convert_from(record_value, 'UTF8')::json ->> 'vin' as vin
       from dead_letter order by id`,
    )

  async function expectBalance(counts: { rows: number; redriven: number }): Promise<void> {
    const pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    const account = await countRows(pool, accountedReadings(tenant.config.postgres.table))
    await pool.end()
    expect({ ...account, off: rowImbalanceOf(account) }).to.include({ ...counts, off: 0 })
  }

  describe('that returns NULL', () => {
    const suppressed = 'The database did not store the row, for example because of a trigger.'

    it('for every row: each reading becomes a dead letter, and its receipt reports it', async () => {
      await createTrigger('return null;')
      const { body } = await postJson(tenant, manyReadings(60, 'NULL'))
      const account = await settled(60)
      expect(account).to.include({ stored: 0, duplicate: 0, deadLettered: 60 })
      for (const { code, detail } of await letters()) {
        expect([code, detail]).to.deep.equal(['refused-by-database', suppressed])
      }
      const receipts = body['receipts'] as string[]
      const statuses = await Promise.all(receipts.map((receipt) => receiptStatus(tenant, receipt)))
      expect(new Set(statuses)).to.deep.equal(new Set(['dead-lettered']))
      await expectBalance({ rows: 0, redriven: 0 })
    })

    it('for some rows: rows, dead letters and duplicates add up', async () => {
      const before = manyReadings(30, 'BEFORE')
      await postJson(tenant, before)
      await settled(30)
      await createTrigger(`if new.sequence % 10 = 7 then return null; end if;`)
      const during = manyReadings(100, 'DURING')
      const changed = { ...before[0], speed: 1 }
      await postJson(tenant, [...during, ...before, changed])
      const account = await settled(161)
      expect(account).to.include({ stored: 120, duplicate: 30, deadLettered: 11 })
      const codes = (await letters()).map(({ code }) => code).sort()
      expect(codes).to.deep.equal([
        'key-conflict',
        ...Array<string>(10).fill('refused-by-database'),
      ])
      await expectBalance({ rows: 120, redriven: 0 })
    })

    it('leaves a dead letter open when it is redriven, until the trigger is dropped', async () => {
      recordAsRunning(tenant, [])
      await createTrigger('return null;')
      await postJson(tenant, manyReadings(8, 'AGAIN'))
      await settled(8)
      const refused = await runDeadLettersJson(tenant, ['redrive', '--open', '--yes'])
      expect(refused).to.deep.include({ stored: 0, reasons: { 'refused-by-database': 8 } })
      await tenant.sql('drop trigger refuse on diag')
      const stored = await runDeadLettersJson(tenant, ['redrive', '--open', '--yes'])
      expect(stored).to.include({ code: 0, stored: 8, stillDead: 0 })
      await expectBalance({ rows: 8, redriven: 8 })
    })
  })

  for (const [table, event] of [
    ['dead_letter', 'insert'],
    ['offset_span', 'insert'],
    ['partition_ledger', 'update'],
  ] as const) {
    it(`that returns NULL on ${table}: nothing is settled until it is dropped`, async () => {
      const reading = readingJson('TWICE')
      await postJson(tenant, reading)
      await settled(1)
      await tenant.sql(`
        create function leave_out() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger leave_out before ${event} on ${table} for each row execute function leave_out()`)
      await postJson(tenant, [reading, { ...reading, speed: 1 }])
      await until('the consumer reports an outage', async () => {
        const metrics = await tenant.metrics()
        return metrics.get('telemetry_database_outage{pipeline="readings"}') === 1
      })
      await tenant.sql(`drop trigger leave_out on ${table}`)
      expect(await settled(3)).to.include({ stored: 1, duplicate: 1, deadLettered: 1 })
      expect(await letters()).to.have.length(1)
      expect(await tenant.sql('select from offset_span')).to.have.length(1)
    })
  }

  describe('that raises an error', () => {
    const forOne = (raise: string) => `if new.vin = 'BAD' then ${raise} end if;`

    for (const [name, raise] of [
      ['P0001', `raise 'not this vehicle';`],
      ['23514 without a constraint', `raise check_violation using message = 'not this vehicle';`],
      ['23505 without a constraint', `raise unique_violation using message = 'not this vehicle';`],
      ['21000', `raise cardinality_violation using message = 'not this vehicle';`],
      ['27000', `raise sqlstate '27000' using message = 'not this vehicle';`],
      ['44000', `raise sqlstate '44000' using message = 'not this vehicle';`],
      ['54000', `raise sqlstate '54000' using message = 'not this vehicle';`],
      ['P0004', `raise assert_failure using message = 'not this vehicle';`],
    ] as const) {
      it(`${name} for one vehicle delays no other vehicle`, async () => {
        await createTrigger(forOne(raise))
        for (let round = 1; round <= 5; round += 1) {
          const others = manyReadings(300, `ROUND${round}`)
          const bad = manyReadings(30, 'X').map((reading) => ({ ...reading, vin: 'BAD' }))
          await postJson(tenant, [...others, ...bad])
          await until(
            'the other readings are stored',
            async () => (await tenant.countRows()) === round * 300,
            20,
          )
        }
        const account = await settled(1_650)
        expect(account).to.include({ stored: 1_500, deadLettered: 150 })
        for (const letter of await letters()) {
          const detail = 'not this vehicle'
          expect(letter).to.deep.equal({ code: 'refused-by-database', detail, vin: 'BAD' })
        }
      })
    }

    it('at the commit, by a deferred constraint trigger, refuses only that row', async () => {
      await tenant.sql(`
        create function refuse() returns trigger language plpgsql as
          $$ begin if new.sequence = 7 then raise 'not this row'; end if; return null; end $$;
        create constraint trigger refuse after insert on diag
          deferrable initially deferred for each row execute function refuse()`)
      await postJson(tenant, manyReadings(40, 'LATE'))
      expect(await settled(40)).to.include({ stored: 39, deadLettered: 1 })
    })

    it('of another class is an outage: readings wait, and are stored after it is dropped', async () => {
      await createTrigger(forOne(`raise sqlstate 'AV001' using message = 'come back later';`))
      await postJson(tenant, readingJson('BAD'))
      await until('the consumer reports an outage', async () => {
        const metrics = await tenant.metrics()
        return metrics.get('telemetry_database_outage{pipeline="readings"}') === 1
      })
      await tenant.sql('drop trigger refuse on diag')
      expect(await settled(1)).to.include({ stored: 1, deadLettered: 0 })
    })

    it('for most rows of several vehicles is broken: readings wait until it is repaired', async () => {
      await createTrigger(`raise 'no such column';`)
      await postJson(tenant, manyReadings(600, 'WAIT'))
      const reason = await until('the consumer reports the trigger', async () => {
        const port = tenant.config.consumer.opsHostPort
        const response = await fetch(`http://127.0.0.1:${port}/readyz`)
        const { reason } = (await response.json()) as { reason?: string }
        return reason?.includes('trigger') && reason
      })
      expect(reason).to.include(
        `A trigger of the table "diag" refuses most of the latest readings: "no such column".`,
      )
      const metrics = await tenant.metrics()
      expect(metrics.get('telemetry_database_outage{pipeline="readings"}')).to.equal(1)
      expect(await tenant.account()).to.include({ stored: 0, deadLettered: 0 })
      await createTrigger('')
      expect(await settled(600)).to.include({ stored: 600, deadLettered: 0 })
    })

    it('is repaired in the middle of an attempt to store a batch: all readings are stored', async () => {
      await createTrigger(`perform pg_sleep(0.005); raise 'no such column';`)
      await postJson(tenant, manyReadings(600, 'MIDDLE'))
      await until('the consumer reports an outage', async () => {
        const metrics = await tenant.metrics()
        return metrics.get('telemetry_database_outage{pipeline="readings"}') === 1
      })
      await createTrigger('')
      expect(await settled(600)).to.include({ stored: 600, deadLettered: 0 })
    })

    it('for all rows at a low rate is broken after 20 dead letters at most', async () => {
      await createTrigger(`raise 'no such column';`)
      await until('the consumer reports an outage', async () => {
        await postJson(tenant, readingJson(`SLOW-${Date.now()}`))
        const metrics = await tenant.metrics()
        return metrics.get('telemetry_database_outage{pipeline="readings"}') === 1
      })
      expect((await tenant.account()).deadLettered).to.be.below(20)
    })

    it('leaves a dead letter open when it is redriven, and the others are stored', async () => {
      recordAsRunning(tenant, [])
      await createTrigger(`if new.vin like 'BAD%' then raise 'not this vehicle'; end if;`)
      const bad = (vin: string) => manyReadings(7, 'X').map((reading) => ({ ...reading, vin }))
      await postJson(tenant, [...bad('BAD-1'), ...bad('BAD-2')])
      await settled(14)
      await createTrigger(`if new.vin = 'BAD-2' then raise 'not this vehicle'; end if;`)
      const answer = await runDeadLettersJson(tenant, ['redrive', '--open', '--yes'])
      expect(answer).to.deep.include({ stored: 7, reasons: { 'refused-by-database': 7 } })
      await expectBalance({ rows: 7, redriven: 7 })
    })
  })
})

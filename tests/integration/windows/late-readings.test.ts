import { expect } from 'chai'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { ReadingSink } from '../../../services/adapters/postgres/readings/reading-sink.ts'
import { copyRows } from '../../../services/adapters/postgres/tables/copy-rows.ts'
import { anEntry, noon } from '../../support/builders.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

describe('Late readings', function () {
  this.timeout(60_000)
  let tenant: Tenant
  let pool: pg.Pool

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    pool = ownerPool(tenant.deployment.config, localPassword(tenant.deployment.folders))
    await pool.query(
      `INSERT INTO schedule VALUES ('hours', '2026-01-01', '2026-02-01', 0, $1,
         clock_timestamp() - interval '1 hour', clock_timestamp() + interval '1 hour')`,
      [`public.${tenant.config.postgres.table}`],
    )
  })

  after(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  const touchedBy = async (way: 'copy' | 'merge' | 'divide', recordedAt: number) => {
    await pool.query('DELETE FROM touched_window')
    const sink = new ReadingSink(pool, tenant.config.postgres.table)
    const entry = anEntry(0, { vin: `LATE-${way}-${recordedAt}`, recordedAt })
    if (entry.kind !== 'row') throw new Error('the entry has no row')
    const rows = [{ offset: 0, row: entry.row }]
    await sink.prepare(rows.map(({ row }) => row))
    await inTransaction<unknown>(pool, (client) =>
      way === 'copy' ? copyRows(client, sink, rows) : sink[way](client, rows),
    )
    const { rows: found } = await pool.query<{ minute: Date }>('SELECT minute FROM touched_window')
    return found.map(({ minute }) => minute.getTime())
  }

  for (const way of ['copy', 'merge', 'divide'] as const)
    it(`a late reading that is stored by ${way} records its minute, one in time records nothing`, async () => {
      expect(await touchedBy(way, noon + 30_000_000)).to.deep.equal([noon / 1000])
      expect(await touchedBy(way, Date.now() * 1000)).to.deep.equal([])
    })
})

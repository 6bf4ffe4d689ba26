import { once } from 'node:events'
import { expect } from 'chai'
import { manyReadings, postJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { untilCount } from '../../support/until.ts'

const right =
  'It must be (vin, recorded_at, sequence), valid and not deferrable: without it a reading that is sent twice is stored twice. Restore the primary key as described in docs/table.md, then start again.'

describe('A table of readings with another primary key', function () {
  this.timeout(120_000)
  let tenant: Tenant

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
    await postJson(tenant, manyReadings(10, 'KEY'))
    await untilCount('the readings are stored', () => tenant.countRows(), 10)
    await tenant.stopConsumer()
    await tenant.sql('alter table diag drop constraint diag_pkey')
  })

  afterEach(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const messageOf = (starting: Promise<unknown>) =>
    starting.then(
      () => 'started',
      (error: unknown) => (error as Error).message,
    )

  for (const [name, statement, fault] of [
    ['no primary key', '', 'The table "diag" has no primary key.'],
    [
      'a primary key of other columns',
      'alter table diag add primary key (vin, recorded_at)',
      'The primary key of the table "diag" is (vin, recorded_at).',
    ],
    [
      'a deferrable primary key',
      'alter table diag add primary key (vin, recorded_at, sequence) deferrable',
      'The primary key of the table "diag" is deferrable.',
    ],
    [
      'a primary key that its partitions do not have',
      'alter table only diag add primary key (vin, recorded_at, sequence)',
      'The primary key of the table "diag" is not valid.',
    ],
  ] as const) {
    it(`stops a consumer and provisioning at their start: ${name}`, async () => {
      if (statement !== '') await tenant.sql(statement)
      expect(await messageOf(tenant.startConsumer())).to.equal(`${fault} ${right}`)
      expect(await messageOf(tenant.provision())).to.equal(`${fault} ${right}`)
    })
  }

  it('ends the process of a consumer with exit code 1', async () => {
    const child = tenant.spawnConsumer()
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).to.equal(1)
  })

  it('may have its columns in another order', async () => {
    await tenant.sql('alter table diag add primary key (recorded_at, vin, sequence)')
    await tenant.provision()
    await tenant.startConsumer()
    const readings = manyReadings(10, 'ORDER')
    await postJson(tenant, [...readings, ...readings])
    await untilCount('each reading is stored once', () => tenant.countRows(), 20)
  })
})

import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { checkServers } from '../../../scripts/check-servers/check-servers.ts'
import { postgresSection } from '../../support/managed-servers/external-sections.ts'
import { ManagedPostgres } from '../../support/managed-servers/managed-postgres.ts'
import { hasPgBouncer, noPgBouncer, PgBouncer } from '../../support/managed-servers/pgbouncer.ts'
import { sharedServers } from '../../support/servers.ts'
import { PlatformHome } from '../../support/started-platform.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'

const sessions = 'sessions that keep their connection'
const options = 'settings of a connection (the startup parameter options)'
const drops = { ignore_startup_parameters: 'options' }

type Case = {
  readonly name: string
  readonly settings: Readonly<Record<string, string>>
  readonly missing: readonly string[]
}

const cases: readonly Case[] = [
  {
    name: 'in transaction mode',
    settings: { pool_mode: 'transaction' },
    missing: [sessions, options],
  },
  {
    name: 'in transaction mode that drops settings of connections',
    settings: { pool_mode: 'transaction', ...drops },
    missing: [sessions, options],
  },
  {
    name: 'in statement mode',
    settings: { pool_mode: 'statement' },
    missing: [sessions, options],
  },
  {
    name: 'in session mode',
    settings: { pool_mode: 'session' },
    missing: [options],
  },
  {
    name: 'in session mode that drops settings of connections',
    settings: { pool_mode: 'session', ...drops },
    missing: [options],
  },
]

describe('PgBouncer in front of a managed Postgres', function () {
  this.timeout(120_000)
  const folder = new TemporaryFolder()
  let postgres: ManagedPostgres | undefined

  before(async function () {
    if (!hasPgBouncer()) {
      process.stdout.write(`    ${noPgBouncer}\n`)
      return this.skip()
    }
    postgres = await ManagedPostgres.start({ max_connections: '200' })
    await postgres.giveDatabase()
    await postgres.makeRoles()
  })

  after(async () => {
    await postgres?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const started = (): ManagedPostgres => {
    if (postgres === undefined) throw new Error('Postgres has not been started')
    return postgres
  }

  /** Settings of a platform that reaches the server through a pooler. */
  function externalAt({ port, authorityFile }: PgBouncer) {
    const section = { ...postgresSection(started(), folder.path, true), database: 'av_telemetry' }
    return { ...section, port, tls: { mode: 'verify-full', authorityFile } }
  }

  const tables = () =>
    started().asOwner(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`)

  for (const { name, settings, missing } of cases)
    it(`${name} is refused with the reason by check-servers and by provisioning, and nothing is made`, async () => {
      await using pooler = await PgBouncer.start(started(), settings)
      const external = externalAt(pooler)
      const { findings } = await checkServers(toConfig({ postgres: { external } }))
      const refused = findings.filter(({ isAllowed }) => !isAllowed)
      expect(refused.map(({ right }) => right)).to.deep.equal(missing)

      const given = `postgres.external=${JSON.stringify(external)}`
      await using tenant = await Tenant.create(await sharedServers(), [given], { provision: false })
      const failure = await tenant.provision().catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(Error).with.property('code', 'SERVER_RIGHTS')
      for (const right of missing) expect((failure as Error).message).to.include(right)
      expect(await tables()).to.deep.equal([])
    })

  it('in transaction mode ends npm start with the reason', async () => {
    await using pooler = await PgBouncer.start(started(), { pool_mode: 'transaction' })
    const given = `postgres.external=${JSON.stringify(externalAt(pooler))}`
    await using home = await PlatformHome.create(['fleet.numVehicles=0', given])
    const platform = home.start()
    expect(await platform.waitForExit(100), platform.output).to.equal(1)
    expect(platform.output).to.include('pooler gives each transaction another connection')
    expect(await tables()).to.deep.equal([])
  })

  it('is not needed: the server itself is accepted', async () => {
    const external = postgresSection(started(), folder.path, true)
    const { findings } = await checkServers(toConfig({ postgres: { external } }))
    expect(findings.filter(({ isAllowed }) => !isAllowed)).to.deep.equal([])
    expect(findings.map(({ right }) => right)).to.include.members([sessions, options])
  })
})

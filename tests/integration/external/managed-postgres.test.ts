import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { databaseSettings } from '../../../scripts/platform/database.ts'
import type { Pool } from '../../../services/adapters/postgres/driver/connection.ts'
import { createPool, inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { shareRightsWithSteps } from '../../../services/adapters/postgres/windows/step-rights.ts'
import { runSqlStep } from '../../../services/adapters/postgres/windows/window-step.ts'
import { captureLog } from '../../support/captured-log.ts'
import type { LogLine } from '../../support/captured-log.ts'
import { manyReadings, postJson } from '../../support/http-client.ts'
import { postgresSection } from '../../support/managed-servers/external-sections.ts'
import { ManagedPostgres } from '../../support/managed-servers/managed-postgres.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'
import { refusedBodies } from '../windows/refused-bodies.ts'

const database = 'av_telemetry'

/** A platform on a Postgres that is set up like a managed one. */
class ManagedTenant implements AsyncDisposable {
  readonly folder: TemporaryFolder
  readonly postgres: ManagedPostgres
  readonly tenant: Tenant
  /** The authority that the services trust. */
  readonly authorityFile: string

  private constructor(
    parts: Pick<ManagedTenant, 'folder' | 'postgres' | 'tenant' | 'authorityFile'>,
  ) {
    this.folder = parts.folder
    this.postgres = parts.postgres
    this.tenant = parts.tenant
    this.authorityFile = parts.authorityFile
  }

  /** @param given whether an administrator has made the roles; otherwise the owner makes them */
  static async create(given: boolean): Promise<ManagedTenant> {
    const servers = await sharedServers()
    const folder = new TemporaryFolder()
    const postgres = await ManagedPostgres.start()
    const { user } = postgres.owner
    await postgres.asAdministrator(`ALTER DATABASE ${database} OWNER TO ${user}`, 'postgres')
    if (given) await postgres.makeRoles()
    else await postgres.asAdministrator(`ALTER ROLE ${user} CREATEROLE`, 'postgres')
    const authorityFile = join(folder.path, 'authorities.pem')
    copyFileSync(postgres.authorityFile, authorityFile)
    const section = { ...postgresSection(postgres, folder.path, given), database }
    const external = { ...section, tls: { mode: 'verify-full', authorityFile } }
    const tenant = await Tenant.create(servers, [`postgres.external=${JSON.stringify(external)}`])
    return new ManagedTenant({ folder, postgres, tenant, authorityFile })
  }

  /** Ends the connections of the services. */
  async endSessions(): Promise<void> {
    await this.postgres.asAdministrator(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE usename ~ '^telemetry_' AND pid <> pg_backend_pid()`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tenant[Symbol.asyncDispose]()
    await this.postgres[Symbol.asyncDispose]()
    this.folder[Symbol.dispose]()
  }
}

for (const given of [true, false]) {
  const owner = given ? 'an owner that may not make roles' : 'an owner that makes the roles'

  describe(`A managed Postgres with ${owner}`, function () {
    this.timeout(120_000)
    let managed: ManagedTenant
    let tenant: Tenant

    before(async () => {
      managed = await ManagedTenant.create(given)
      ;({ tenant } = managed)
    })
    after(() => managed[Symbol.asyncDispose]())

    it('is provisioned again and again, without a superuser', async () => {
      await tenant.provision()
      await Promise.all([tenant.provision(), tenant.provision()])
      const [role] = await tenant.sql('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')
      expect(role).to.deep.equal({ rolsuper: false })
      expect(await tenant.sql('SELECT FROM pg_event_trigger')).to.have.length(0)
    })

    it('has the settings of a server of the platform', async () => {
      const names = ['TimeZone', 'search_path', 'DateStyle', 'tcp_keepalives_idle']
      const settings = await tenant.sql<{ value: string }>(
        'SELECT current_setting(name) AS value FROM unnest($1::text[]) WITH ORDINALITY AS t (name, n) ORDER BY n',
        [names],
      )
      expect(settings.map(({ value }) => value)).to.deep.equal([
        ...['UTC', 'public, data', 'ISO, MDY', '10'],
      ])
    })

    it('stores each reading once, also if it is sent twice', async () => {
      await tenant.startProducer()
      await tenant.startConsumer()
      const readings = manyReadings(500, 'MANAGED')
      for (const round of [1, 2])
        expect((await postJson(tenant, readings)).status, `round ${round}`).to.equal(202)
      await untilCount(
        'all records are settled',
        async () => (await tenant.account()).settled,
        1_000,
      )
      expect(await tenant.countRows()).to.equal(500)
      const { stored, duplicate, deadLettered } = await tenant.account()
      expect({ stored, duplicate, deadLettered }).to.deep.equal({
        ...{ stored: 500, duplicate: 500, deadLettered: 0 },
      })
    })
  })
}

describe('The SQL of a step on a managed Postgres', function () {
  this.timeout(120_000)
  let managed: ManagedTenant
  let pool: Pool

  before(async () => {
    managed = await ManagedTenant.create(true)
    const settings = databaseSettings(managed.tenant.config, 'worker', '')
    const options = { applicationName: 'test', maxConnections: 4, logger: serviceLogger }
    pool = createPool(settings, options)
    await pool.query('CREATE TABLE data.ad (note text)')
    await managed.tenant.sql(
      `CREATE FUNCTION data.as_worker() RETURNS void LANGUAGE sql SET role = 'telemetry_worker'
       AS 'DELETE FROM task'`,
    )
  })
  after(async () => {
    await pool.end()
    await managed[Symbol.asyncDispose]()
  })

  const run = async (body: string) => {
    await managed.tenant.sql(
      `CREATE OR REPLACE PROCEDURE data.body(a timestamptz, b timestamptz) LANGUAGE plpgsql AS $body$ BEGIN
        INSERT INTO data.ad VALUES ('of the step'); ${body}; END $body$`,
    )
    await shareRightsWithSteps(pool)
    const span = { from: new Date('2026-03-01T10:00Z'), to: new Date('2026-03-01T11:00Z') }
    const step = { ...span, text: 'CALL data.body($1, $2)', target: undefined }
    return inTransaction(pool, (client) => runSqlStep(client, step))
  }
  const notes = () => managed.tenant.sql('SELECT note FROM data.ad')
  const protection = () =>
    managed.tenant.sql(
      `SELECT prosecdef, proowner::regrole::text AS owner, proacl::text FROM pg_proc WHERE proname = 'run_step'`,
    )

  for (const [name, body] of refusedBodies)
    it(`is refused and changes nothing if it ${name}`, async () => {
      const before = await protection()
      expect(await run(body)).to.have.property('kind', 'refused')
      expect(await notes()).to.deep.equal([])
      expect(await protection()).to.deep.equal(before)
    })

  it('writes tables of the workers, and uses temporary tables', async () => {
    const body = `CREATE TEMPORARY TABLE seen (id serial PRIMARY KEY, note text DEFAULT 'x'); DROP TABLE seen`
    expect(await run(body)).to.deep.equal({ kind: 'written', rows: 0 })
    expect(await notes()).to.deep.equal([{ note: 'of the step' }])
  })
})

describe('An outage of a managed Postgres', function () {
  this.timeout(180_000)
  let managed: ManagedTenant
  let lines: LogLine[]
  let sent = 0

  before(async () => {
    managed = await ManagedTenant.create(true)
    const log = captureLog()
    ;({ lines } = log)
    await managed.tenant.startProducer()
    await managed.tenant.startConsumer({ consumerLogger: log.logger })
    await send()
    await allStored()
  })
  after(() => managed[Symbol.asyncDispose]())

  async function send(): Promise<void> {
    const readings = manyReadings(100, `OUTAGE-${sent}`)
    expect((await postJson(managed.tenant, readings)).status).to.equal(202)
    sent += readings.length
  }

  const allStored = () => untilCount('all rows', () => managed.tenant.countRows(), sent)

  const asAdministrator = (statement: string) => managed.postgres.asAdministrator(statement)

  const writerFile = () => join(managed.folder.path, 'writer')

  type Case = {
    readonly name: string
    readonly reason: RegExp
    readonly begin: () => Promise<unknown>
    readonly end: () => unknown
  }
  const cases: readonly Case[] = [
    {
      name: 'a certificate of another authority',
      reason: /certificate|authority/i,
      begin: () => managed.postgres.swapCertificate({ newAuthority: true }),
      end: () => {
        copyFileSync(managed.postgres.authorityFile, managed.authorityFile)
      },
    },
    {
      name: 'a certificate for another host',
      reason: /does not match certificate's altnames/,
      begin: () =>
        managed.postgres.swapCertificate({ names: 'subjectAltName=DNS:other.example.com' }),
      end: () => managed.postgres.swapCertificate(),
    },
    {
      name: 'an expired password',
      reason: /password authentication failed for user "telemetry_writer"/,
      begin: () => asAdministrator(`ALTER ROLE telemetry_writer VALID UNTIL '2020-01-01'`),
      end: () => asAdministrator(`ALTER ROLE telemetry_writer VALID UNTIL 'infinity'`),
    },
    {
      name: 'another password, until it is in the file',
      reason: /password authentication failed for user "telemetry_writer"/,
      begin: () => asAdministrator(`ALTER ROLE telemetry_writer PASSWORD 'changed'`),
      end: () => {
        writeFileSync(writerFile(), 'changed\n')
      },
    },
    {
      name: 'a right of a role that is withdrawn',
      reason: /permission denied for table/,
      begin: () => asAdministrator('REVOKE INSERT ON diag FROM telemetry_writer'),
      end: () => asAdministrator('GRANT INSERT ON diag TO telemetry_writer'),
    },
    {
      name: 'the right to connect that is withdrawn',
      reason: /permission denied for database/,
      begin: () => asAdministrator(`REVOKE CONNECT ON DATABASE ${database} FROM telemetry_writer`),
      end: () => asAdministrator(`GRANT CONNECT ON DATABASE ${database} TO telemetry_writer`),
    },
  ]

  for (const { name, reason, begin, end } of cases)
    it(`by ${name} says why, loses nothing, and ends by itself when it is mended`, async () => {
      const first = lines.length
      await begin()
      await managed.endSessions()
      await send()
      const since = () => lines.slice(first)
      const began = await until(
        () => `the outage gives the reason; the log is ${JSON.stringify(since())}`,
        () =>
          since().find(
            ({ event, error }) => event.startsWith('outage-') && reason.test(String(error)),
          ),
      )
      expect(began.level).to.equal('warn')
      await end()
      await allStored()
      await until('the outage has ended', () =>
        since().some(({ event }) => event === 'outage-ended'),
      )
      const { settled, stored } = await managed.tenant.account()
      expect([settled, stored]).to.deep.equal([sent, sent])
    })
})

describe('A Postgres for which the owner has too few rights', function () {
  this.timeout(120_000)

  it('is refused with everything that is missing, and nothing is made', async () => {
    await using postgres = await ManagedPostgres.start()
    using folder = new TemporaryFolder()
    const external = { ...postgresSection(postgres, folder.path, false), database }
    const settings = [`postgres.external=${JSON.stringify(external)}`]
    await using tenant = await Tenant.create(await sharedServers(), settings, { provision: false })
    const failure = await tenant.provision().catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Error).with.property('code', 'SERVER_RIGHTS')
    const { message } = failure as Error
    expect(message).to.match(/^The existing Postgres does not allow what the platform needs\./)
    expect(message).to.match(/ALTER DATABASE av_telemetry OWNER TO telemetry_owner;/)
    expect(message).to.match(/ALTER ROLE telemetry_owner CREATEROLE;/)
    const made = await postgres.asAdministrator(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
       UNION ALL SELECT rolname FROM pg_roles WHERE rolname ~ '^telemetry_' AND rolname <> 'telemetry_owner'`,
    )
    expect(made).to.deep.equal([])
  })
})

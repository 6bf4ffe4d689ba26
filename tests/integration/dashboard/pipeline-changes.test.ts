import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { readConfig } from '../../../services/dashboard/config.ts'
import { envOf, sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'

describe('The role telemetry_operator, with which the dashboard changes pipelines', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let operator: pg.Client

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.sql(`INSERT INTO pipeline (name, file, enabled) VALUES ('p', '/p.toml', true)`)
    await tenant.sql('CREATE TABLE data.classifieds (id text)')
    const config = readConfig(envOf(tenant.deployment, 'dashboard-0'))
    const { host, port, database, user, password } = config.operator
    expect(user).to.equal('telemetry_operator')
    operator = new pg.Client({ host, port, database, user, password })
    await operator.connect()
  })

  after(async () => {
    await operator.end()
    await tenant[Symbol.asyncDispose]()
  })

  const refused = [
    'SELECT * FROM pipeline',
    'SELECT declaration FROM pipeline',
    `UPDATE pipeline SET file = 'x'`,
    `UPDATE pipeline SET removed_rows = 1`,
    `UPDATE pipeline SET name = 'x'`,
    'DELETE FROM pipeline',
    `INSERT INTO pipeline (name, file, enabled) VALUES ('x', 'x', true)`,
    'SELECT * FROM diag',
    'DELETE FROM diag',
    `INSERT INTO diag (vin) VALUES ('x')`,
    'SELECT * FROM data.classifieds',
    'DELETE FROM data.classifieds',
    'CREATE TABLE data.x ()',
    'CREATE TABLE public.x ()',
    'UPDATE partition_ledger SET next_offset = 0',
    'DELETE FROM dead_letter',
    'SELECT params FROM task',
    `UPDATE task SET state = 'complete'`,
    `INSERT INTO task (pipeline, unit, method, params, state) VALUES ('p', 'u', 'm', '{}', 'failed')`,
    `INSERT INTO task (pipeline, unit, method, params) VALUES ('p', 'run:1/2', 'm', '{}')`,
    `INSERT INTO task (pipeline, unit, method, params) VALUES ('p', '1-0-7', 'm', '{}')`,
    `INSERT INTO task (pipeline, unit, method, params, run_after) VALUES ('p', 'api:1', 'm', '{}', 'infinity')`,
    'DELETE FROM task',
    'UPDATE task_count SET made = 0',
    'SELECT * FROM worker',
    'DELETE FROM outbox',
    `INSERT INTO setting (pipeline, key, value) VALUES ('p', 'enabled', 'false')`,
  ]
  for (const statement of refused) {
    it(`may not run: ${statement}`, async () => {
      const code = await operator.query(statement).then(
        () => 'done',
        (error: unknown) => (error as { code: unknown }).code,
      )
      expect(code).to.equal('42501')
    })
  }

  it('may pause and resume', async () => {
    const pause = `UPDATE pipeline SET paused = true, pause_reason = 'x' WHERE name = 'p'`
    expect((await operator.query(pause)).rowCount).to.equal(1)
    const resume = `UPDATE pipeline SET paused = false, pause_reason = NULL WHERE name = 'p'`
    expect((await operator.query(resume)).rowCount).to.equal(1)
  })
})

describe('Changes of pipelines on a dashboard that other machines reach', function () {
  this.timeout(90_000)
  let open: Tenant
  let guarded: Tenant
  const folder = new TemporaryFolder()

  before(async () => {
    const servers = await sharedServers()
    const tokenFile = join(folder.path, 'token')
    writeFileSync(tokenFile, 'open-sesame\n')
    open = await Tenant.create(servers, ['dashboard.public=true'])
    const { database } = open.config.postgres
    const same = [`postgres.database=${database}`, `kafka.topic=${open.config.kafka.topic}`]
    const settings = ['dashboard.public=true', `dashboard.tokenFile=${tokenFile}`, ...same]
    guarded = await Tenant.create(servers, settings, { provision: false })
    await open.sql(`INSERT INTO pipeline (name, file, enabled) VALUES ('p', '/p.toml', true)`)
    await Promise.all([open.startDashboard(), guarded.startDashboard()])
  })

  after(async () => {
    await guarded[Symbol.asyncDispose]()
    await open[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const pause = ({ dashboardUrl }: Tenant, headers: Record<string, string> = {}) =>
    fetch(`${dashboardUrl}/api/pipelines/p/pause`, { method: 'POST', headers })
  const isPaused = async () =>
    (await open.sql<{ paused: boolean }>('SELECT paused FROM pipeline'))[0]?.paused

  it('are refused with 403 if it has no token', async () => {
    const response = await pause(open)
    expect([response.status, await response.json()]).to.deep.equal([
      403,
      {
        ...{ type: 'about:blank', title: 'Changes need a token', status: 403 },
        detail:
          'Other machines reach this dashboard, and it has no token, so it changes nothing. Set dashboard.tokenFile, or use npm run pipeline and npm run tasks.',
      },
    ])
    const list = await fetch(`${open.dashboardUrl}/api/pipelines`)
    expect(await list.json()).to.include({ mayChange: false })
    expect(await isPaused()).to.equal(false)
  })

  it('need the token if it has one', async () => {
    expect((await pause(guarded)).status).to.equal(401)
    expect((await pause(guarded, { authorization: 'Bearer another' })).status).to.equal(401)
    expect(await isPaused()).to.equal(false)
    expect((await pause(guarded, { authorization: 'Bearer open-sesame' })).status).to.equal(200)
    expect(await isPaused()).to.equal(true)
  })
})

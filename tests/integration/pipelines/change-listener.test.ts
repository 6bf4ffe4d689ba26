import { expect } from 'chai'
import { ChangeListener } from '../../../services/adapters/postgres/driver/change-listener.ts'
import { localPassword } from '../../../scripts/platform/database.ts'
import { databaseOwner } from '../../../infra/topology/logins/database-owner.ts'
import { captureLog } from '../../support/captured-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const applicationName = 'test listener'

describe('a listener for changes', function () {
  this.timeout(120_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const listeners = () =>
    tenant.sql<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE application_name = '${applicationName}' AND datname = current_database()`,
    )

  it('reports notifications, and after its connection is killed the next ones', async () => {
    const { config, deployment } = tenant
    let changes = 0
    const { logger, lines } = captureLog()
    const postgres = {
      ...{ host: '127.0.0.1', port: config.postgres.hostPort, user: databaseOwner },
      ...{ database: config.postgres.database, table: config.postgres.table },
      password: localPassword(deployment.folders),
    }
    const onChange = (): void => {
      changes++
    }
    const channels = ['first', 'second']
    {
      await using _ = new ChangeListener({ postgres, applicationName, channels, onChange, logger })
      await until('it reports the connect', () => changes === 1)
      await tenant.sql('NOTIFY first')
      await until('it reports a notification', () => changes === 2)
      await tenant.sql('NOTIFY second')
      await until('it reports the other channel', () => changes === 3)
      const [before] = await listeners()
      await tenant.sql(`SELECT pg_terminate_backend(${before?.pid})`)
      await until('it reports the reconnect', () => changes === 4)
      await until('only the new connection is open', async () => {
        const pids = (await listeners()).map(({ pid }) => pid)
        return pids.length === 1 && pids[0] !== before?.pid
      })
      await tenant.sql('NOTIFY first')
      await until('it reports a notification', () => changes === 5)
    }
    await until('its connection is closed', async () => (await listeners()).length === 0)
    const warnings = lines.filter(({ event }) => event === 'listener-connection-lost')
    expect(warnings).to.have.length(1)
  })
})

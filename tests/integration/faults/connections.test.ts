import { expect } from 'chai'
import { selectBinary } from '../../../services/adapters/postgres/readings/select-binary.ts'
import type { Pool } from '../../../services/adapters/postgres/driver/connection.ts'
import { createPool } from '../../../services/adapters/postgres/driver/connection.ts'
import { withProvisionLock } from '../../../services/adapters/postgres/driver/migrate.ts'
import { readConfig } from '../../../services/provision/config.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { envOf, sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

/** A timeout that no other timer uses, so that the tests recognise the timers of queries. */
const queryTimeoutMs = 45_678

describe('a database connection', () => {
  let tenant: Tenant
  let pool: Pool

  before(async function () {
    this.timeout(90_000)
    await sharedServers()
  })

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    const { postgres } = readConfig(envOf(tenant.deployment, 'provision-0'))
    const logger = createLogger('test', 'silent')
    pool = createPool(postgres, {
      applicationName: 'test',
      maxConnections: 2,
      queryTimeoutMs,
      logger,
    })
  })

  afterEach(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  /** The number of query timers that are still running after `work`. */
  async function countRunningTimers(work: () => Promise<unknown>): Promise<number> {
    const { setTimeout: set, clearTimeout: clear } = globalThis
    const running = new Set<unknown>()
    let startedCount = 0
    globalThis.setTimeout = ((...args: Parameters<typeof set>) => {
      const timer = set(...args)
      if (args[1] === queryTimeoutMs) {
        running.add(timer)
        startedCount += 1
      }
      return timer
    }) as typeof set
    globalThis.clearTimeout = (timer) => {
      running.delete(timer)
      clear(timer)
    }
    try {
      await work()
    } finally {
      Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
    }
    expect(startedCount).to.be.greaterThan(0)
    return running.size
  }

  it('leaves no running timer after a query or a COPY, so that a service can exit', async () => {
    const client = await pool.connect()
    expect(await countRunningTimers(() => client.query('SELECT 1'))).to.equal(0)
    expect(await countRunningTimers(() => selectBinary(client, 'SELECT $1', ['one']))).to.equal(0)
    const failingCopy = () => selectBinary(client, 'SELECT 1 / 0', []).catch(() => undefined)
    expect(await countRunningTimers(failingCopy)).to.equal(0)
    client.release()
  })

  it('rejects the next statement if the connection is lost during provisioning', async () => {
    const provisioning = withProvisionLock(pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      const disconnected = new Promise((resolve) => client.once('end', resolve))
      await tenant.sql('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
      await disconnected
      await client.query('SELECT 1')
    })
    const failure = await provisioning.then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).to.be.an('error')
  })
})

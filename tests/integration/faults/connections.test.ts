import { expect } from 'chai'
import { selectBinary } from '../../../services/adapters/postgres/readings/select-binary.ts'
import type { Pool } from '../../../services/adapters/postgres/driver/connection.ts'
import { createPool } from '../../../services/adapters/postgres/driver/connection.ts'
import { withProvisionLock } from '../../../services/adapters/postgres/driver/migrate.ts'
import { readConfig } from '../../../services/provision/config.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { envOf, sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

/** No other timer is of this length. */
const queryTimeoutMs = 45_678

describe('a connection to the database', () => {
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

  /** How many of the timers that `work` sets for its queries it leaves behind. */
  async function timersLeftBy(work: () => Promise<unknown>): Promise<number> {
    const { setTimeout: set, clearTimeout: clear } = globalThis
    const left = new Set<unknown>()
    let wereSet = 0
    globalThis.setTimeout = ((...args: Parameters<typeof set>) => {
      const timer = set(...args)
      if (args[1] === queryTimeoutMs) {
        left.add(timer)
        wereSet += 1
      }
      return timer
    }) as typeof set
    globalThis.clearTimeout = (timer) => {
      left.delete(timer)
      clear(timer)
    }
    try {
      await work()
    } finally {
      Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
    }
    expect(wereSet).to.be.greaterThan(0)
    return left.size
  }

  it('leaves no timer behind that keeps a service from its end, after a COPY neither', async () => {
    const client = await pool.connect()
    expect(await timersLeftBy(() => client.query('SELECT 1'))).to.equal(0)
    expect(await timersLeftBy(() => selectBinary(client, 'SELECT $1', ['one']))).to.equal(0)
    const refused = () => selectBinary(client, 'SELECT 1 / 0', []).catch(() => undefined)
    expect(await timersLeftBy(refused)).to.equal(0)
    client.release()
  })

  it('may break while provisioning asks Kafka: the next statement says so', async () => {
    const provisioned = withProvisionLock(pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      const gone = new Promise((resolve) => client.once('end', resolve))
      await tenant.sql('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
      await gone
      await client.query('SELECT 1')
    })
    const failure = await provisioned.then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).to.be.an('error')
  })
})

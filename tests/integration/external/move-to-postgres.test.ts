import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { localPassword } from '../../../scripts/platform/database.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import {
  canCopyRows,
  copyRows,
  makeRolesToMove,
  movedSection,
  noPgDump,
} from '../../support/managed-servers/copy-rows.ts'
import { ManagedPostgres } from '../../support/managed-servers/managed-postgres.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** Sends readings, each of another vehicle, and repeats each until it is acknowledged. */
class Load {
  readonly acknowledged: string[] = []
  /** Where it sends; undefined: nowhere. */
  target: Tenant | undefined
  readonly #end = new AbortController()
  readonly #run: Promise<void>

  constructor(target: Tenant) {
    this.target = target
    this.#run = this.#send()
  }

  async #send(): Promise<void> {
    const { signal } = this.#end
    const isOver = (): boolean => signal.aborted
    for (let batch = 0; !isOver(); batch += 1) {
      const vins = Array.from({ length: 20 }, (_, index) => `MOVE-${batch}-${index}`)
      const readings = vins.map((vin) => readingJson(vin))
      while (!isOver() && !(await this.#isAccepted(readings))) await wait(50)
      if (!isOver()) this.acknowledged.push(...vins)
      await wait(20)
    }
  }

  async #isAccepted(readings: readonly object[]): Promise<boolean> {
    if (this.target === undefined) return false
    return postJson(this.target, readings).then(
      ({ status }) => status === 202,
      () => false,
    )
  }

  async end(): Promise<void> {
    this.#end.abort()
    await this.#run
  }
}

describe('The move to an existing Postgres by the documented steps', function () {
  this.timeout(180_000)

  it('keeps each acknowledged reading as one row, under load', async function () {
    if (!canCopyRows()) {
      this.test!.title += noPgDump
      this.skip()
    }
    const servers = await sharedServers()
    using folder = new TemporaryFolder()
    await using postgres = await ManagedPostgres.start()
    await using own = await Tenant.create(servers)
    await own.startProducer()
    const consumer = await own.startConsumer()
    const load = new Load(own)
    try {
      await until('there are rows', async () => (await own.countRows()) > 500)

      const password = await makeRolesToMove(postgres)
      const { hostPort, database } = own.config.postgres
      const from = { hostPort, database, password: localPassword(servers.folders) }
      copyRows(from, { postgres, password, folder: folder.path })
      const before = await own.countRows()
      await until('rows are stored after the copy', async () => (await own.countRows()) > before)

      load.target = undefined
      await own.stop(consumer)
      const external = JSON.stringify(movedSection(postgres, folder.path, password))
      const { topic } = own.config.kafka
      await using moved = await Tenant.create(servers, [
        `postgres.external=${external}`,
        `kafka.topic=${topic}`,
      ])
      await moved.startProducer()
      await moved.startConsumer()
      load.target = moved
      const sentBefore = load.acknowledged.length
      await until('the load goes on', () => load.acknowledged.length > sentBefore + 200)
      await load.end()

      const found = async () => {
        const rows = await moved.sql<{ vin: string; count: number }>(
          `SELECT vin, count(*)::int AS count FROM diag WHERE vin LIKE 'MOVE-%' GROUP BY vin`,
        )
        return new Map(rows.map(({ vin, count }) => [vin, count]))
      }
      await until('all are stored', async () => {
        const rows = await found()
        return load.acknowledged.every((vin) => rows.has(vin))
      })
      const counts = new Set((await found()).values())
      expect([...counts]).to.deep.equal([1])
      const { settled, stored, duplicate, deadLettered } = await moved.account()
      expect(deadLettered).to.equal(0)
      expect(settled).to.equal(stored + duplicate)
      expect(await moved.countRows()).to.equal(stored)
      const logs = await moved.sql('SELECT id FROM event_log')
      expect(logs).to.have.length(1)
    } finally {
      await load.end()
    }
  })
})

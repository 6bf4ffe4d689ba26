import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { manyReadings, postJson, receiptStatus } from '../../support/http-client.ts'
import { captureLog } from '../../support/captured-log.ts'
import type { Servers } from '../../support/servers.ts'
import { processOf, restartServer, startServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

/** Numbers of readings that stay in the log, that the log loses, and that are posted after the loss. */
const [kept, lost, added] = [60, 40, 120]
const settledBefore = kept + lost
/** The rest of the log is read again under the new log id. */
const settledAfter = settledBefore + kept + added
const reason = `partition 0 has another record at offset ${settledBefore - 1} than the one that its ledger settled`

describe('a log that has lost its tail and grown past the ledger again', function () {
  this.timeout(120_000)
  let servers: Servers
  let tenant: Tenant
  let producer: Running

  before(async () => {
    servers = await startServers()
  })

  beforeEach(async () => {
    tenant = await Tenant.create(servers, ['kafka.partitions=1'])
    producer = await tenant.startProducer()
  })

  afterEach(() => tenant[Symbol.asyncDispose]())

  after(() => servers[Symbol.asyncDispose]())

  /** @returns the receipts of the readings */
  async function post(count: number, prefix: string): Promise<string[]> {
    const { status, body } = await postJson(tenant, manyReadings(count, prefix))
    expect(status).to.equal(202)
    return body['receipts'] as string[]
  }

  const untilSettled = (count: number) =>
    until(
      `${count} offsets are settled`,
      async () => {
        const account = await tenant.account()
        return account.settled === count && account
      },
      60,
    )

  /** Path of the file with the records of the topic's partition. */
  function segmentPath(): string {
    const folder = join(servers.folders.data, 'kafka-0')
    const path = join(`${tenant.config.kafka.topic}-0`, `${'0'.repeat(20)}.log`)
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    return join(folder, names.find((name) => name.endsWith(path)) ?? '')
  }

  /** Fills the log. @returns the size of its file without the tail, in bytes */
  async function fillLog(): Promise<number> {
    await post(kept, 'KEPT')
    await untilSettled(kept)
    const { size } = statSync(segmentPath())
    await post(lost, 'TAIL')
    await untilSettled(settledBefore)
    return size
  }

  /** Kills the broker, removes the tail as in a power failure, and starts the broker again. */
  async function loseTail(sizeBytes: number): Promise<void> {
    await tenant.stop(producer)
    await processOf(servers, 'kafka-0').stop(0)
    truncateSync(segmentPath(), sizeBytes)
    await restartServer(servers, 'kafka-0')
    producer = await tenant.startProducer()
  }

  /** Expects one row for every acknowledged reading, and an account with the same numbers. */
  async function expectAllStored(): Promise<void> {
    const account = await untilSettled(settledAfter)
    const stored = settledBefore + added
    expect(account).to.include({ stored, duplicate: kept, deadLettered: 0, withoutRecord: 0 })
    expect(await tenant.countRows()).to.equal(stored)
    const ledgers = await tenant.sql(
      'select log_id, next_offset from partition_ledger order by log_id',
    )
    expect(ledgers).to.deep.equal([
      { log_id: 1, next_offset: settledBefore },
      { log_id: 2, next_offset: kept + added },
    ])
    const [lastLog] = await tenant.sql('select reason from event_log order by id desc limit 1')
    expect(lastLog).to.deep.equal({ reason })
  }

  it('is read as a new log by a consumer that starts afterwards, with an error in the service log', async () => {
    await tenant.startConsumer()
    const size = await fillLog()
    await tenant.stopConsumer()
    await loseTail(size)
    const receipts = await post(added, 'AGAIN')
    expect([receipts.at(0), receipts.at(-1)]).to.deep.equal([
      `1-0-${kept}`,
      `1-0-${kept + added - 1}`,
    ])
    const { logger, lines } = captureLog()
    await tenant.startConsumer({ consumerLogger: logger })
    await expectAllStored()
    const errors = lines.filter(({ level }) => level === 'error')
    expect(errors).to.have.length(1)
    expect(errors[0]).to.include({ id: 2, after: 1, reason, event: 'new-log-begun' })
    expect(await receiptStatus(tenant, receipts.at(0))).to.equal('stored')
    // A lost record of the old log may have had the same receipt.
    expect(await receiptStatus(tenant, receipts.at(-1))).to.equal('unknown')
    const [receipt] = await until('receipts have the new log id', async () => {
      const next = await post(1, 'NEXT')
      return next[0]?.startsWith('2-') === true && next
    })
    await until(
      'the reading is stored',
      async () => (await receiptStatus(tenant, receipt)) === 'stored',
    )
  })

  it('is read as a new log by a consumer that stayed in the group', async () => {
    const consumer = tenant.spawnConsumer()
    const size = await fillLog()
    consumer.kill('SIGSTOP')
    await loseTail(size)
    await post(added, 'AGAIN')
    consumer.kill('SIGCONT')
    await expectAllStored()
  })

  it('is not reported by mistake after restarts, aborted transactions, reset offsets or deleted records', async () => {
    await tenant.startConsumer()
    let count = 0
    const postAndRestart = async (disturb: () => Promise<void>): Promise<void> => {
      await post(10, `ROUND-${count}`)
      count += 10
      await untilCount('the readings are stored', () => tenant.countRows(), count)
      await tenant.stopConsumer()
      await disturb()
      await tenant.startConsumer()
    }
    await postAndRestart(() => Promise.resolve())
    await postAndRestart(() =>
      tenant.directChanges.produceAndAbort([{ partition: 0, value: 'gone' }]),
    )
    await postAndRestart(() => tenant.directChanges.resetCommittedOffsets())
    await postAndRestart(() => tenant.directChanges.deleteRecords())
    await postAndRestart(() => Promise.resolve())
    expect(await tenant.sql('select id from event_log')).to.deep.equal([{ id: 1 }])
    expect(await tenant.account()).to.include({ stored: count, duplicate: 0, expired: 0 })
  })
})

import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { captureLog } from '../../support/captured-log.ts'
import type { CommandResult } from '../../support/commands.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { runDeadLetters } from '../../support/dead-letters-command.ts'
import { readingJson, receiptStatus } from '../../support/http-client.ts'
import { batchFields, SegmentFile } from '../../support/segment-file.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { runTogether } from '../../support/together.ts'
import { until, untilCount } from '../../support/until.ts'

/** Readings in each of the four batches of partition 0. The second batch is damaged. */
const perBatch = 5
const [firstDamaged, lastDamaged] = [perBatch, 2 * perBatch - 1]
const metric = 'telemetry_partition_unreadable{pipeline="readings",partition="0"}'

/** A topic with four batches in partition 0, its file, and what its consumer logs. */
class StoredBatches implements AsyncDisposable {
  readonly tenant: Tenant
  readonly file: SegmentFile
  readonly captured = captureLog()

  private constructor(tenant: Tenant) {
    this.tenant = tenant
    this.file = new SegmentFile(tenant, 0)
  }

  static #lastCreation: Promise<unknown> = Promise.resolve()

  /** One at a time, because provisioning changes roles that all databases share. */
  static create(): Promise<StoredBatches> {
    const creation = StoredBatches.#lastCreation.then(() => StoredBatches.#create())
    StoredBatches.#lastCreation = creation.catch(() => undefined)
    return creation
  }

  static async #create(): Promise<StoredBatches> {
    const tenant = await Tenant.create(await sharedServers(), ['kafka.partitions=2'])
    for (const vin of ['FIRST', 'SECOND', 'THIRD', 'FOURTH']) {
      await produce(tenant, { partition: 0, vin, count: perBatch })
    }
    return new StoredBatches(tenant)
  }

  startConsumer() {
    return this.tenant.startConsumer({ consumerLogger: this.captured.logger })
  }

  untilRows(count: number) {
    return untilCount('rows are stored', () => this.tenant.countRows(), count)
  }

  untilUnreadable() {
    return until('the partition is reported', () =>
      this.captured.lines.find(({ event }) => event === 'partition-unreadable'),
    )
  }

  get damagedBatchAt(): number {
    return this.file.batches()[1]?.at ?? 0
  }

  async storedSpeeds(): Promise<number[]> {
    const rows = await this.tenant.sql<{ speed: number }>('select distinct speed from diag')
    return rows.map(({ speed }) => speed)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tenant[Symbol.asyncDispose]()
  }
}

type Batch = { readonly partition: number; readonly vin: string; readonly count: number }

async function produce(tenant: Tenant, { partition, vin, count }: Batch): Promise<void> {
  const messages = Array.from({ length: count }, (_, sequence) => ({
    partition,
    value: JSON.stringify({ ...readingJson(vin), sequence }),
  }))
  await tenant.directChanges.produce(messages)
}

/** Where a bit of the damaged batch is flipped: the byte, from the start of the batch, and the bit. */
const places: Record<string, (batches: StoredBatches) => readonly [byte: number, bit: number]> = {
  'in a value': ({ file, damagedBatchAt: at }) => [file.find('2.25', at) - at, 0],
  'in the first offset, which becomes lower': () => [batchFields.firstOffset + 7, 2],
  'in the first offset, which becomes higher': () => [batchFields.firstOffset + 7, 7],
  'in the first offset, which becomes higher by one batch': () => [batchFields.firstOffset + 7, 3],
  'in the length, which becomes lower': () => [batchFields.length + 2, 1],
  'in the length, which becomes higher': () => [batchFields.length + 1, 6],
  'in the length, which becomes negative': () => [batchFields.length, 7],
  'in the number of the format': () => [batchFields.format, 3],
  'in the checksum': () => [batchFields.checksum, 0],
}

async function expectStopOfPartition(place: keyof typeof places): Promise<void> {
  await using batches = await StoredBatches.create()
  const { tenant, file } = batches
  const [byte, bit] = places[place]!(batches)
  const at = batches.damagedBatchAt + byte
  file.flipBit(at, bit)
  await batches.startConsumer()
  await produce(tenant, { partition: 1, vin: 'OTHER', count: 10 })
  await batches.untilRows(perBatch + 10)
  expect(await batches.untilUnreadable()).to.include({
    level: 'error',
    ...{ logId: 1, partition: 0, firstOffset: firstDamaged },
  })
  expect((await tenant.metrics()).get(metric)).to.equal(1)
  await produce(tenant, { partition: 1, vin: 'LATER', count: 10 })
  await batches.untilRows(perBatch + 20)
  expect(await batches.storedSpeeds()).to.deep.equal([12.25])

  file.flipBit(at, bit)
  await batches.untilRows(4 * perBatch + 20)
  expect(await batches.storedSpeeds()).to.deep.equal([12.25])
  const account = await tenant.account()
  expect(account).to.include({ stored: 4 * perBatch + 20, deadLettered: 0, withoutRecord: 0 })
  expect((await tenant.metrics()).get(metric)).to.equal(0)
}

describe('a bit that was flipped in the file of a partition', function () {
  this.timeout(120_000)

  describe('stops that partition alone and is reported, and no false value is stored', () => {
    runTogether(
      Object.fromEntries(
        Object.keys(places).map((place) => [place, () => expectStopOfPartition(place)]),
      ),
    )
  })

  it('in a batch that is already stored delays nothing after a restart of the consumer', async () => {
    await using batches = await StoredBatches.create()
    const { tenant, file, captured } = batches
    await batches.startConsumer()
    await batches.untilRows(4 * perBatch)
    await tenant.stopConsumer()
    file.flipBit(file.find('2.25', file.batches()[3]?.at ?? 0), 0)
    await produce(tenant, { partition: 0, vin: 'FIFTH', count: perBatch })
    await batches.startConsumer()
    await batches.untilRows(5 * perBatch)
    expect(captured.lines.filter(({ level }) => level === 'error')).to.deep.equal([])
    expect(await tenant.account()).to.include({ stored: 5 * perBatch, withoutRecord: 0 })
  })

  describe('can be skipped by an operator', () => {
    let batches: StoredBatches
    let tenant: Tenant

    beforeEach(async () => {
      batches = await StoredBatches.create()
      ;({ tenant } = batches)
      recordAsRunning(tenant)
      const { file, damagedBatchAt } = batches
      file.flipBit(file.find('2.25', damagedBatchAt), 0)
      await tenant.startProducer()
    })

    afterEach(async () => {
      removeRunRecord(tenant.deployment.folders.state)
      await batches[Symbol.asyncDispose]()
    })

    const skip = (...args: readonly string[]): Promise<CommandResult> =>
      runDeadLetters(tenant, ['skip', ...args])

    it('with a dead letter for each offset: the account adds up, and the rest is stored', async () => {
      await batches.startConsumer()
      await batches.untilUnreadable()
      const status = await runCommand(tenant, ['status'])
      expect(status.code).to.equal(1)
      expect(status.out).to.contain(
        `Partition 0 of log 1 cannot be read from Kafka at offset ${firstDamaged}: its checksum is wrong.`,
      )
      const command = `npm run dead-letters -- skip 0 ${firstDamaged}..${lastDamaged}`
      expect(status.out).to.contain(command)
      const skipped = await skip('0', `${firstDamaged}..${lastDamaged}`, '--yes')
      expect(skipped).to.include({
        code: 0,
        out: `5 dead letters written. The consumer continues at offset ${lastDamaged + 1}.\n`,
      })
      await batches.untilRows(3 * perBatch)
      const account = await tenant.account()
      expect(account).to.include({ settled: 4 * perBatch, stored: 3 * perBatch, deadLettered: 5 })
      expect(await batches.storedSpeeds()).to.deep.equal([12.25])
      const statuses = await Promise.all(
        [firstDamaged - 1, firstDamaged, lastDamaged, lastDamaged + 1].map((offset) =>
          receiptStatus(tenant, `1-0-${offset}`),
        ),
      )
      expect(statuses).to.deep.equal(['stored', 'dead-lettered', 'dead-lettered', 'stored'])
      expect((await runCommand(tenant, ['status'])).out).to.contain('balanced')
      const redriven = await runDeadLetters(tenant, ['redrive', '--open', '--yes'])
      expect(redriven.out).to.contain('5 still dead letters (skipped 5)')
    })

    it('only where and as far as it cannot be read', async () => {
      const range = `${firstDamaged}..${lastDamaged}`
      const early = await skip('0', range, '--yes')
      expect(early.out).to.contain('No consumer has found that partition 0 cannot be read.')
      await batches.startConsumer()
      await batches.untilUnreadable()
      const refusals = [
        [['1', range], 'No consumer has found that partition 1 cannot be read.'],
        [['0', '4..9'], 'cannot be read at offset 5. The range must start there, not at 4.'],
        [['0', '6..9'], 'cannot be read at offset 5. The range must start there, not at 6.'],
        [['0', '5..10'], 'can be read again from offset 10 on. The range must end at 9 or before.'],
        [['0', '9..5'], 'Expected the first and the last offset'],
        [['0', '5'], 'Expected the first and the last offset'],
        [['-1', range], 'error'],
      ] as const
      for (const [args, message] of refusals) {
        const { code, out, err } = await skip(...args, '--yes')
        expect(out + err).to.contain(message)
        expect(code).to.not.equal(0)
      }
      const unasked = await skip('0', range)
      expect(unasked.out).to.contain('Add --yes.')
      expect(await tenant.account()).to.include({ stored: perBatch, deadLettered: 0 })
    })
  })
})

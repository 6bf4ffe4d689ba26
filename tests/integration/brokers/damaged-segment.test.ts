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
import { until, untilCount } from '../../support/until.ts'

/** Readings in each of the four batches of partition 0. The second batch is damaged. */
const perBatch = 5
const [firstDamaged, lastDamaged] = [perBatch, 2 * perBatch - 1]
const metric = 'telemetry_partition_unreadable{pipeline="readings",partition="0"}'

describe('a bit that was flipped in the file of a partition', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let file: SegmentFile
  let captured: ReturnType<typeof captureLog>

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers(), ['kafka.partitions=2'])
    for (const vin of ['FIRST', 'SECOND', 'THIRD', 'FOURTH']) await produce(0, vin, perBatch)
    file = new SegmentFile(tenant, 0)
    captured = captureLog()
  })

  afterEach(() => tenant[Symbol.asyncDispose]())

  async function produce(partition: number, vin: string, count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, sequence) => ({
      partition,
      value: JSON.stringify({ ...readingJson(vin), sequence }),
    }))
    await tenant.directChanges.produce(messages)
  }

  const startConsumer = () => tenant.startConsumer({ consumerLogger: captured.logger })
  const untilRows = (count: number) =>
    untilCount('rows are stored', () => tenant.countRows(), count)
  const untilUnreadable = () =>
    until('the partition is reported', () =>
      captured.lines.find(({ event }) => event === 'partition-unreadable'),
    )
  const damagedBatchAt = (): number => file.batches()[1]?.at ?? 0

  async function storedSpeeds(): Promise<number[]> {
    const rows = await tenant.sql<{ speed: number }>('select distinct speed from diag')
    return rows.map(({ speed }) => speed)
  }

  /** Where a bit of the damaged batch is flipped: the byte, from the start of the batch, and the bit. */
  const places: Record<string, () => readonly [byte: number, bit: number]> = {
    'in a value': () => [file.find('2.25', damagedBatchAt()) - damagedBatchAt(), 0],
    'in the first offset, which becomes lower': () => [batchFields.firstOffset + 7, 2],
    'in the first offset, which becomes higher': () => [batchFields.firstOffset + 7, 7],
    'in the first offset, which becomes higher by one batch': () => [
      batchFields.firstOffset + 7,
      3,
    ],
    'in the length, which becomes lower': () => [batchFields.length + 2, 1],
    'in the length, which becomes higher': () => [batchFields.length + 1, 6],
    'in the length, which becomes negative': () => [batchFields.length, 7],
    'in the number of the format': () => [batchFields.format, 3],
    'in the checksum': () => [batchFields.checksum, 0],
  }

  for (const [place, find] of Object.entries(places)) {
    it(`${place} stops that partition alone and is reported, and no false value is stored`, async () => {
      const [byte, bit] = find()
      const at = damagedBatchAt() + byte
      file.flipBit(at, bit)
      await startConsumer()
      await produce(1, 'OTHER', 10)
      await untilRows(perBatch + 10)
      expect(await untilUnreadable()).to.include({
        level: 'error',
        ...{ logId: 1, partition: 0, firstOffset: firstDamaged },
      })
      expect((await tenant.metrics()).get(metric)).to.equal(1)
      await produce(1, 'LATER', 10)
      await untilRows(perBatch + 20)
      expect(await storedSpeeds()).to.deep.equal([12.25])

      file.flipBit(at, bit)
      await untilRows(4 * perBatch + 20)
      expect(await storedSpeeds()).to.deep.equal([12.25])
      const account = await tenant.account()
      expect(account).to.include({ stored: 4 * perBatch + 20, deadLettered: 0, withoutRecord: 0 })
      expect((await tenant.metrics()).get(metric)).to.equal(0)
    })
  }

  it('in a batch that is already stored delays nothing after a restart of the consumer', async () => {
    await startConsumer()
    await untilRows(4 * perBatch)
    await tenant.stopConsumer()
    file.flipBit(file.find('2.25', file.batches()[3]?.at ?? 0), 0)
    await produce(0, 'FIFTH', perBatch)
    await startConsumer()
    await untilRows(5 * perBatch)
    expect(captured.lines.filter(({ level }) => level === 'error')).to.deep.equal([])
    expect(await tenant.account()).to.include({ stored: 5 * perBatch, withoutRecord: 0 })
  })

  describe('can be skipped by an operator', () => {
    beforeEach(async () => {
      recordAsRunning(tenant)
      file.flipBit(file.find('2.25', damagedBatchAt()), 0)
      await tenant.startProducer()
    })

    afterEach(() => {
      removeRunRecord(tenant.deployment.folders.state)
    })

    const skip = (...args: readonly string[]): Promise<CommandResult> =>
      runDeadLetters(tenant, ['skip', ...args])

    it('with a dead letter for each offset: the account adds up, and the rest is stored', async () => {
      await startConsumer()
      await untilUnreadable()
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
      await untilRows(3 * perBatch)
      const account = await tenant.account()
      expect(account).to.include({ settled: 4 * perBatch, stored: 3 * perBatch, deadLettered: 5 })
      expect(await storedSpeeds()).to.deep.equal([12.25])
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
      await startConsumer()
      await untilUnreadable()
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

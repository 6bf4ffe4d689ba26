import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { captureLog } from '../../support/captured-log.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { logbook, writeDeclaration } from '../../support/declared.ts'
import { ForeignTopic } from '../../support/foreign-topic.ts'
import { samplesOf } from '../../support/metrics.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

describe('a pipeline without a key whose topic was deleted and created again', function () {
  this.timeout(180_000)
  let tenant: Tenant
  let folder: TemporaryFolder
  let topic: ForeignTopic
  let log: ReturnType<typeof captureLog>
  let worker: Running

  beforeEach(async () => {
    folder = new TemporaryFolder()
    tenant = await Tenant.create(await sharedServers(), [`worker.folder=${folder.path}`])
    topic = new ForeignTopic(tenant)
    await create()
    writeDeclaration(folder.path, 'logbook', logbook(topic.name))
    recordAsRunning(tenant)
    log = captureLog()
    worker = await tenant.startWorker(log.logger)
    await send('first', 2)
    await untilRows(4)
  })

  afterEach(async () => {
    removeRunRecord(tenant.deployment.folders.state)
    await tenant[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const create = () => topic.create({}, { numPartitions: 2 })
  /** Sends `count` records to each of the partitions. */
  const send = (name: string, count: number, partitions: readonly number[] = [0, 1]) =>
    topic.send(
      partitions.flatMap((partition) =>
        Array.from({ length: count }, (_, index) => ({
          ...{ partition, value: JSON.stringify({ id: `${name}-${partition}`, number: index }) },
        })),
      ),
    )
  const ids = async () =>
    (await tenant.sql<{ id: string }>('SELECT id FROM logbook ORDER BY id, number')).map(
      ({ id }) => id,
    )
  const untilRows = (count: number) =>
    untilCount('rows are stored', async () => (await ids()).length, count)
  const run = (...args: string[]) => runCommand(tenant, ['pipeline', ...args])
  const pipeline = async () => {
    const [row] = await tenant.sql<{ needs_decision: boolean; pause_reason: string | null }>(
      `SELECT needs_decision, pause_reason FROM pipeline WHERE name = 'logbook'`,
    )
    return row
  }
  const untilNeedsDecision = () =>
    until('it needs a decision', async () => (await pipeline())?.needs_decision)
  const countOf = (event: string) => log.lines.filter((line) => line.event === event).length
  const untilStopped = () =>
    until('it has stopped', () => countOf('pipeline-stopped') === countOf('pipeline-started'))
  /** The ledgers by log and partition. */
  const ledgers = () =>
    tenant.sql<{ log: number; partition: number; start: number; next: number }>(
      `SELECT dense_rank() OVER (ORDER BY log_id)::int AS log, partition,
         start_offset::int AS start, next_offset::int AS next
       FROM partition_ledger WHERE pipeline = 'logbook' ORDER BY log_id, partition`,
    )
  const countLogs = async () => {
    const rows = await tenant.sql('SELECT FROM event_log WHERE topic = $1', [topic.name])
    return rows.length
  }
  const firstLedgers = [
    { log: 1, partition: 0, start: 0, next: 2 },
    { log: 1, partition: 1, start: 0, next: 2 },
  ]

  it('stops and reads nothing; after resume --from earliest it has each record of both logs once', async () => {
    await topic.delete()
    await create()
    await send('second', 1)
    await untilNeedsDecision()
    await untilStopped()
    expect(await ids()).to.have.length(4)
    expect(await ledgers()).to.deep.equal(firstLedgers)
    expect(await countLogs()).to.equal(1)
    const event = log.lines.find((line) => line.event === 'pipeline-needs-decision')
    expect(event).to.include({ level: 'error', pipeline: 'logbook', topic: topic.name })

    const advice = 'npm run pipeline -- resume logbook --from earliest'
    const list = await run('list')
    expect(list.out).to.match(/logbook +\| needs-decision/)
    expect(list.out).to.include('logbook needs a decision: The topic ').and.include(advice)
    const [json] = JSON.parse((await run('list', '--json')).out) as Record<string, unknown>[]
    expect(json).to.include({ state: 'needs-decision' })
    expect((await run('describe', 'logbook')).out).to.include(advice)
    const status = await runCommand(tenant, ['status'])
    expect([status.code, status.out.includes(advice)]).to.deep.equal([1, true])

    const metric = 'telemetry_pipeline_needs_decision{pipeline="logbook"}'
    expect((await samplesOf(tenant.config.worker.opsHostPort)).get(metric)).to.equal(1)

    const plain = await run('resume', 'logbook')
    expect(plain.code).to.equal(2)
    expect(plain.out).to.include('logbook needs a decision.').and.include(advice)
    const byHand = await tenant
      .sql(`UPDATE pipeline SET paused = false, pause_reason = NULL`)
      .catch((error: unknown) => String(error))
    expect(byHand).to.include('pipeline_needs_decision_check')
    await tenant.stop(worker)
    const declared = countOf('pipeline-declared')
    worker = await tenant.startWorker(log.logger)
    await until('it has read the pipelines', () => countOf('pipeline-declared') > declared)
    expect(await pipeline()).to.include({ needs_decision: true })

    const resumed = await run('resume', 'logbook', '--from', 'earliest')
    expect(resumed.code, resumed.out).to.equal(0)
    expect(resumed.out).to.include('It reads the 2 records that the topic has now')
    await untilRows(6)
    await send('third', 2)
    await untilRows(10)
    const each = ['first-0', 'first-1', 'third-0', 'third-1'].flatMap((id) => [id, id])
    expect(await ids()).to.deep.equal([...each, 'second-0', 'second-1'].sort())
    expect(await countLogs()).to.equal(2)
    expect(await pipeline()).to.include({ needs_decision: false, pause_reason: null })
    const { out } = await run('accept', 'logbook')
    expect(out).to.include('The rows of logbook agree with its ledgers.')
  })

  it('stops at a topic with more records than before, and skips the present records after resume --from latest', async () => {
    await tenant.stop(worker)
    await topic.delete()
    await create()
    await send('second', 5)
    worker = await tenant.startWorker(log.logger)
    await untilNeedsDecision()
    expect((await pipeline())?.pause_reason).to.include('(the topic was created again)')
    await untilStopped()
    const resumed = await run('resume', 'logbook', '--from', 'latest')
    expect([resumed.code, resumed.out.includes('It skips the 10 records')]).to.deep.equal([0, true])
    await send('third', 1)
    await untilRows(6)
    expect((await ids()).slice(4)).to.deep.equal(['third-0', 'third-1'])
    expect(await ledgers()).to.deep.equal([
      ...firstLedgers,
      { log: 2, partition: 0, start: 5, next: 6 },
      { log: 2, partition: 1, start: 5, next: 6 },
    ])
    const again = await run('resume', 'logbook', '--from', 'latest')
    expect(again.code).to.equal(2)
    expect(again.out).to.include('The pipeline logbook does not need a decision')
    const wrong = await run('resume', 'logbook', '--from', 'committed')
    expect(wrong.code).to.equal(2)
  })

  it('stops also for a partition that had no record before, because another partition is shorter', async () => {
    await tenant.stop(worker)
    await topic.delete()
    await topic.create({}, { numPartitions: 3 })
    await send('second', 5, [0, 2])
    worker = await tenant.startWorker(log.logger)
    await untilNeedsDecision()
    await untilStopped()
    expect(await ids()).to.have.length(4)
    expect(await ledgers()).to.deep.equal(firstLedgers)
  })

  it('stops at the start of a worker, before the new topic has a record', async () => {
    await tenant.stop(worker)
    await topic.delete()
    const lost = await run('resume', 'logbook', '--from', 'earliest')
    expect(lost.code).to.equal(2)
    worker = await tenant.startWorker(log.logger)
    await untilNeedsDecision()
    expect(log.lines.map(({ event }) => event)).to.include('topic-created')
    await untilStopped()
    expect((await run('resume', 'logbook', '--from', 'latest')).code).to.equal(0)
    await send('second', 1, [0])
    await untilRows(5)
  })

  it('takes over the log that a pipeline with a key has begun, and can be reset instead', async () => {
    const keyed = logbook(topic.name).replaceAll('"logbook"', '"keyed"')
    writeDeclaration(folder.path, 'keyed', `${keyed}key = ["id", "number"]`)
    const countKeyed = async () => (await tenant.sql('SELECT FROM keyed')).length
    await untilCount('the rows of the other pipeline are stored', countKeyed, 4)
    await topic.delete()
    await create()
    await send('second', 1)
    await untilCount('the rows of the other pipeline are stored', countKeyed, 6)
    await untilNeedsDecision()
    expect(await countLogs()).to.equal(2)
    expect((await run('resume', 'logbook', '--from', 'earliest')).code).to.equal(0)
    await untilRows(6)
    expect(await countLogs()).to.equal(2)
    // As many records as the ledgers have settled: the next ones show the difference.
    await tenant.stop(worker)
    await topic.delete()
    await create()
    await send('third', 1)
    await send('fourth', 1)
    worker = await tenant.startWorker(log.logger)
    await untilNeedsDecision()
    await until('it is reset', async () => (await run('reset', 'logbook', '--yes')).code === 0)
    expect(await pipeline()).to.deep.equal({ needs_decision: false, pause_reason: 'It was reset.' })
    expect((await run('resume', 'logbook')).code).to.equal(0)
    await untilRows(4)
  })
})

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import express from 'express'
import request from 'supertest'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import {
  findOutput,
  OutputStore,
} from '../../../services/adapters/postgres/outputs/output-store.ts'
import { readWorkBacklog } from '../../../services/adapters/postgres/tasks/work-now.ts'
import type { ListedOutput } from '../../../services/ledger/task-output.ts'
import type { ClaimedTask, ResultPart } from '../../../services/ledger/tasks/task.ts'
import { WakeUp } from '../../../services/runtime/wake-up.ts'
import { outputRoutes } from '../../../services/dashboard/tasks/output-routes.ts'
import { OutputRelay } from '../../../services/tasks/output-relay.ts'
import { captureLog } from '../../support/captured-log.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { completeWith, failedWith, part, someRules, TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

describe('Results of tasks as objects of the bucket', function () {
  this.timeout(60_000)
  const folder = new TemporaryFolder()
  const bucket = join(folder.path, 'etl')
  let database: TaskDatabase
  let worker: TestWorker
  let installation: string
  const relays: OutputRelay[] = []
  const rules = someRules({ to: { kind: 'objects', folder: 'outputs' } })

  before(async () => {
    database = await TaskDatabase.create()
    worker = await TestWorker.start(database)
    const [row] = await database.tenant.sql<{ id: string }>('SELECT id FROM installation')
    installation = row?.id ?? ''
  })

  beforeEach(() => mkdirSync(bucket))

  afterEach(async () => {
    for (const relay of relays.splice(0)) await relay[Symbol.asyncDispose]()
    rmSync(bucket, { recursive: true, force: true })
  })

  after(async () => {
    await database[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const startRelay = (logger = serviceLogger): void => {
    const outputs = new OutputStore(database.pool)
    const store = new FolderStore(bucket)
    relays.push(new OutputRelay({ outputs, store, wakeUp: new WakeUp(), logger }))
  }
  const readerPool = () => database.poolOf('reader', 2)
  const claim = async (pipeline: string, count: number): Promise<ClaimedTask[]> => {
    const tasks = Array.from({ length: count }, (_, index) => aTask(index))
    await database.queue.insert(pipeline, tasks)
    return worker.claim(pipeline)
  }
  const settle = (tasks: readonly ClaimedTask[], partsOf: (task: ClaimedTask) => ResultPart[]) =>
    worker.settle(tasks, (task) => completeWith(...partsOf(task)), { rules })
  const waiting = async () => (await readWorkBacklog(database.pool)).waitingOutputs
  const contentOf = (key: string) => readFileSync(join(bucket, key))
  const manifestOf = async (pipeline: string): Promise<ListedOutput[]> => {
    const days = await database.tenant.sql<{ day: string }>(
      'SELECT DISTINCT day::text FROM task_output WHERE pipeline = $1 ORDER BY day',
      [pipeline],
    )
    return days
      .flatMap(({ day }) =>
        contentOf(`outputs/${pipeline}/manifest/${day}-${installation}.ndjson`)
          .toString()
          .trimEnd()
          .split('\n'),
      )
      .map((line) => JSON.parse(line) as ListedOutput)
  }
  const untilListed = (pipeline: string, count: number) =>
    until(`${count} objects of ${pipeline} are listed`, async () => {
      const [row] = await database.tenant.sql<{ count: number }>(
        'SELECT count(*)::int FROM task_output WHERE pipeline = $1 AND listed_at IS NOT NULL',
        [pipeline],
      )
      return row?.count === count
    })

  it('each complete task has one object with its rows, which a manifest lists with its size and hash', async () => {
    const tasks = await claim('one', 2)
    const settled = await settle(tasks, ({ id }) => [
      part(
        'cases',
        [
          { id, country: 'AT' },
          { id, deaths: null },
        ],
        true,
      ),
      part('sources', [{ url: 'https://x' }]),
    ])
    expect(settled.map(({ state }) => state)).to.deep.equal(['complete', 'complete'])
    startRelay()
    await untilListed('one', 2)
    const [first] = await manifestOf('one')
    const { id } = tasks[0] as ClaimedTask
    const content = contentOf(`outputs/one/${id}-${installation}.ndjson`)
    expect(content.toString()).to.equal(
      `{"table":"cases","row":{"id":${id},"country":"AT"}}\n{"table":"cases","row":{"id":${id},"deaths":null}}\n{"table":"sources","row":{"url":"https://x"}}\n`,
    )
    expect(first).to.deep.equal({
      ...{
        task: id,
        key: `outputs/one/${id}-${installation}.ndjson`,
        rows: 3,
        bytes: content.length,
      },
      sha256: createHash('sha256').update(content).digest('hex'),
      tables: [
        { name: 'cases', refresh: true, rows: 2, fields: ['id', 'country', 'deaths'] },
        { name: 'sources', refresh: false, rows: 1, fields: ['url'] },
      ],
    })
    expect(await manifestOf('one')).to.have.length(2)
    expect(await database.reader.find(id)).to.include({ state: 'complete', rows: 3 })
    const parts = await database.tenant.sql('SELECT count(*)::int AS left FROM task_output_part')
    expect(parts, 'the content was removed from the database').to.deep.equal([{ left: 0 }])
  })

  it('an attempt that failed, or whose task another worker has taken, makes no object', async () => {
    const [failed, stale] = await claim('none', 2)
    if (failed === undefined || stale === undefined) throw new Error('there are no tasks')
    await database.tenant.sql('UPDATE task SET attempt = 2 WHERE id = $1', [stale.id])
    await worker.settle([failed], () => failedWith('no fuel'), { rules })
    const settled = await settle([stale], () => [part('cases', [{ id: 1 }])])
    expect(settled).to.deep.equal([{ id: stale.id, state: 'stale', fault: undefined }])
    expect(await findOutput(database.pool, failed.id)).to.equal(undefined)
    expect(await findOutput(database.pool, stale.id)).to.equal(undefined)
  })

  it('while the bucket is away, tasks become complete and their results wait; afterwards all results are stored', async () => {
    rmdirSync(bucket)
    const { logger, lines } = captureLog()
    startRelay(logger)
    const tasks = await claim('away', 90)
    await settle(tasks, ({ id }) => [part('cases', [{ id }])])
    await until('the relay has tried', () =>
      lines.some(({ event }) => event === 'outputs-not-stored'),
    )
    expect(await waiting()).to.equal(90)
    mkdirSync(bucket)
    await untilListed('away', 90)
    expect(await waiting()).to.equal(0)
    const listed = await manifestOf('away')
    expect(listed.map(({ task }) => task)).to.deep.equal(tasks.map(({ id }) => id))
    for (const { key, sha256 } of listed)
      expect(createHash('sha256').update(contentOf(key)).digest('hex')).to.equal(sha256)
  })

  it('results that cannot be stored do not hold up the others', async () => {
    mkdirSync(join(bucket, 'outputs'))
    writeFileSync(join(bucket, 'outputs', 'blocked'), 'a file where a folder must be')
    for (const [pipeline, count] of [['blocked', 7] as const, ['free', 2] as const])
      await settle(await claim(pipeline, count), ({ id }) => [part('cases', [{ id }])])
    const { logger, lines } = captureLog()
    startRelay(logger)
    await untilListed('free', 2)
    expect(await waiting()).to.equal(7)
    rmSync(join(bucket, 'outputs', 'blocked'))
    await untilListed('blocked', 7)
    expect(await manifestOf('blocked')).to.have.length(7)
    const events = lines.map(({ event }) => event).filter((event) => event.startsWith('outputs-'))
    expect(events).to.deep.equal(['outputs-not-stored', 'outputs-stored'])
  })

  it('manifests that cannot be written do not hold up the others', async () => {
    const blocked = ['a', 'b', 'c', 'd'].map((name) => `no-manifest-${name}`)
    for (const pipeline of [...blocked, 'with-manifest']) {
      await settle(await claim(pipeline, 1), ({ id }) => [part('cases', [{ id }])])
      const objects = join(bucket, 'outputs', pipeline)
      mkdirSync(objects, { recursive: true })
      if (blocked.includes(pipeline)) writeFileSync(join(objects, 'manifest'), '')
    }
    const { logger, lines } = captureLog()
    startRelay(logger)
    await untilListed('with-manifest', 1)
    const warning = lines.find(({ event }) => event === 'manifests-not-written')
    expect(JSON.stringify(warning)).to.match(
      /The manifest outputs\/no-manifest-a\/manifest\/[-\da-f]+\.ndjson was not/,
    )
    for (const pipeline of blocked) rmSync(join(bucket, 'outputs', pipeline, 'manifest'))
    for (const pipeline of blocked) await untilListed(pipeline, 1)
  })

  it('a result above the limit of a transaction with others is stored part by part', async () => {
    const [task] = await claim('large', 1)
    if (task === undefined) throw new Error('there is no task')
    const rowsOf = (from: number) =>
      Array.from({ length: 500 }, (_, index) => ({ number: from + index, text: 'ö'.repeat(200) }))
    const parts = Array.from({ length: 40 }, (_, index) => part('cases', rowsOf(index * 500)))
    expect(await settle([task], () => parts)).to.deep.include({
      ...{ id: task.id, state: 'complete', fault: undefined },
    })
    const [stored] = await database.tenant.sql<{ parts: number }>(
      'SELECT count(*)::int AS parts FROM task_output_part',
    )
    expect(stored?.parts).to.be.greaterThan(10)
    startRelay()
    await untilListed('large', 1)
    const [listed] = await manifestOf('large')
    const content = contentOf(`outputs/large/${task.id}-${installation}.ndjson`)
    expect(createHash('sha256').update(content).digest('hex')).to.equal(listed?.sha256)
    const numbers = content.toString().trimEnd().split('\n').map(numberOf)
    expect(numbers).to.deep.equal(Array.from({ length: 20_000 }, (_, index) => index))
  })

  it('an object that was stored before the worker was killed is stored again and listed once', async () => {
    const tasks = await claim('again', 3)
    await settle(tasks, ({ id }) => [part('cases', [{ id }])])
    const outputs = new OutputStore(database.pool)
    const store = new FolderStore(bucket)
    const killed = outputs.storeNext(0, async ([first]) => {
      if (first === undefined) throw new Error('nothing waits')
      for await (const content of first.content()) await store.write(first.key, content)
      throw new Error('killed')
    })
    expect(await killed.catch((error: unknown) => (error as Error).message)).to.equal('killed')
    expect(await waiting()).to.equal(3)
    startRelay()
    startRelay()
    await untilListed('again', 3)
    const listed = await manifestOf('again')
    expect(listed.map(({ task }) => task)).to.deep.equal(tasks.map(({ id }) => id))
  })

  it('the dashboard makes CSV of an object, and says why there is none', async () => {
    const tasks = await claim('csv', 2)
    const [task, other] = tasks
    if (task === undefined || other === undefined) throw new Error('there are no tasks')
    await settle([task], () => [part('cases', [{ id: 1, name: 'a,b' }]), part('more', [{ x: 1 }])])
    const app = express().use(
      '/api',
      outputRoutes({ pool: readerPool(), store: new FolderStore(bucket), logger: serviceLogger }),
    )
    const get = async (id: number, query = '?table=cases') => {
      const { status, text, headers } = await request(app).get(
        `/api/tasks/${id}/output.csv${query}`,
      )
      return { status, text, name: headers['content-disposition'] }
    }
    expect((await get(task.id)).status, 'it is not in the bucket yet').to.equal(503)
    startRelay()
    await untilListed('csv', 1)
    expect(await get(task.id)).to.deep.equal({
      ...{ status: 200, text: 'id,name\r\n1,"a,b"\r\n' },
      name: `attachment; filename="csv-${task.id}.csv"`,
    })
    expect(await get(task.id, '')).to.deep.include({ status: 422, name: undefined })
    expect((await get(other.id)).status, 'it is not complete').to.equal(404)
    rmSync(join(bucket, `outputs/csv/${task.id}-${installation}.ndjson`))
    expect((await get(task.id)).status, 'its object was removed').to.equal(410)
  })

  it('a task whose result has more than 10,000 fields fails, and the message says why', async () => {
    const [task] = await claim('fields', 1)
    if (task === undefined) throw new Error('there is no task')
    const rows = Array.from({ length: 10_001 }, (_, index) => ({ [`f${index}`]: 1 }))
    const [settled] = await settle([task], () => [part('cases', rows)])
    expect(settled?.state).to.equal('failed')
    expect(settled?.fault?.message).to.match(/^The result has more than 10,000 different fields\./)
    expect(await findOutput(database.pool, task.id)).to.equal(undefined)
  })
})

const numberOf = (line: string): number =>
  (JSON.parse(line) as { row: { number: number } }).row.number

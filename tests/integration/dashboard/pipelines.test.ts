import { expect } from 'chai'
import type { Message } from 'kafkajs'
import type { PipelineDetails, Pipelines } from '../../../services/dashboard/api/pipelines.ts'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { captureLog } from '../../support/captured-log.ts'
import { classifieds, writeDeclaration } from '../../support/declared.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('Declared pipelines in the API of the dashboard', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let folder: TemporaryFolder
  let worker: Running
  let topic: string
  let log: ReturnType<typeof captureLog>

  before(async () => {
    folder = new TemporaryFolder()
    tenant = await Tenant.create(await sharedServers(), [`worker.folder=${folder.path}`])
    topic = `${tenant.config.kafka.topic}-data`
    await tenant.startDashboard()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const url = (path: string) => `${tenant.dashboardUrl}/api/pipelines${path}`
  const list = async () => (await (await fetch(url(''))).json()) as Pipelines
  const find = async () => (await list()).pipelines[0]
  const post = (path: string, headers: Record<string, string> = {}) =>
    fetch(url(path), { method: 'POST', headers })
  const problemOf = async (response: Response) => {
    const { title, detail } = (await response.json()) as { title: string; detail: string }
    return [response.status, title, detail]
  }
  const send = (values: readonly object[]) =>
    tenant.changesOf(topic).produce(
      values.map((value): Message => ({
        key: String(Math.random()),
        value: JSON.stringify(value),
      })),
    )
  const untilSettled = (count: number) =>
    until(`${count} records are settled`, async () => {
      const found = await find()
      return found?.counts.settled === count && found.lag === 0 && found
    })
  const record = (id: string) => ({ id, created_at: '2020-04-08T18:07:32Z' })
  const stops = () => log.lines.filter(({ event }) => event === 'pipeline-stopped').length

  it('GET /api/pipelines returns an empty list and the number of workers before one is declared', async () => {
    const before = await until('the services were checked', async () => {
      const answer = await list()
      return answer.workers.up !== null && answer
    })
    expect(before).to.deep.equal({
      pipelines: [],
      workers: { configured: 1, up: 0 },
      mayChange: true,
    })
  })

  it('GET /api/pipelines returns state, outcomes, lag and the newest dead letter of each pipeline', async () => {
    writeDeclaration(folder.path, 'classifieds', classifieds(topic))
    log = captureLog()
    worker = await tenant.startWorker(log.logger)
    await until('the worker has created the topic', () =>
      log.lines.some(({ event }) => event === 'topic-created'),
    )
    await send([record('a'), record('b'), record('b'), { created_at: '2020-04-08T18:07:32Z' }])
    const pipeline = await untilSettled(4)
    expect(pipeline).to.deep.include({
      ...{ name: 'classifieds', state: 'running', topic, table: 'classifieds', tasks: null },
      route: `topic ${topic} → table classifieds`,
      ...{ pauseReason: null, needsDecision: false, failure: null, fileFault: null },
      counts: {
        ...{ settled: 4, stored: 2, updated: 0, duplicate: 1, deadLettered: 1 },
        openDeadLetters: 1,
      },
    })
    // It is read by another statement than the counts.
    const letter = await until('the dead letter is shown', async () => {
      return (await find())?.latestDeadLetter ?? undefined
    })
    expect(letter).to.include({ reason: 'missing-field' })
    expect(Object.keys(pipeline)).to.not.include('declaration')
  })

  it('GET /api/pipelines returns the rate of the last seconds', async () => {
    await find()
    await send(Array.from({ length: 500 }, (_, index) => record(`rate-${index}`)))
    const rate = await until('the rate is known', async () => {
      const found = await find()
      return (found?.rate ?? 0) > 0 && found?.rate
    })
    expect(rate).to.be.within(1, 500)
  })

  it('GET /api/pipelines/{name} returns the declaration too, and 404 for an unknown name', async () => {
    const response = await fetch(url('/classifieds'))
    const details = (await response.json()) as PipelineDetails
    expect(details.declaration).to.include({ name: 'classifieds' })
    expect(details.file).to.match(/classifieds\.toml$/)
    expect(Date.parse(details.declaredAt)).to.be.within(Date.now() - 120_000, Date.now())
    expect(await problemOf(await fetch(url('/nothing')))).to.deep.equal([
      404,
      'Unknown pipeline',
      'No pipeline "nothing" is declared. GET /api/pipelines lists them.',
    ])
  })

  it('POST …/pause stops the worker, so that records wait, and POST …/resume lets it continue', async () => {
    const { counts } = await untilSettled(504)
    const before = stops()
    const paused = await post('/classifieds/pause?reason=A%20test.')
    expect(paused.status).to.equal(200)
    expect(await paused.json()).to.include({ state: 'paused', pauseReason: 'A test.' })
    await until('the worker has stopped the pipeline', () => stops() > before)
    await send([record('c')])
    await until('the record waits', async () => (await find())?.lag === 1)
    expect((await find())?.counts).to.deep.equal(counts)
    const resumed = await post('/classifieds/resume')
    expect(resumed.status).to.equal(200)
    expect(await resumed.json()).to.include({ state: 'running', pauseReason: null })
    await untilSettled(505)
  })

  it('POST refuses what is done already, an unknown name, and a reason that no list can show', async () => {
    expect(await problemOf(await post('/classifieds/resume'))).to.deep.equal([
      409,
      'Not paused',
      'The pipeline classifieds is not paused, or was paused again meanwhile. Nothing was changed.',
    ])
    expect((await post('/classifieds/pause')).status).to.equal(200)
    expect((await post('/classifieds/pause')).status).to.equal(409)
    expect((await find())?.pauseReason).to.equal('Paused on the dashboard.')
    expect((await post('/classifieds/resume')).status).to.equal(200)
    expect((await post('/nothing/pause')).status).to.equal(404)
    for (const query of ['reason=a%00b', `reason=${'x'.repeat(201)}`, 'colour=red']) {
      expect((await post(`/classifieds/pause?${query}`)).status, query).to.equal(400)
    }
    const wrongMethod = await fetch(url('/classifieds/pause'))
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).to.deep.equal([405, 'POST'])
    expect((await find())?.state).to.equal('running')
  })

  it('POST …/resume refuses a pipeline that needs a decision, and returns what to do', async () => {
    const reason =
      'The topic has a new log. Run: npm run pipeline -- resume classifieds --from earliest|latest'
    const pause = `UPDATE pipeline SET paused = true, pause_reason = $1, needs_decision = true WHERE name = 'classifieds'`
    await tenant.sql(pause, [reason])
    expect(await problemOf(await post('/classifieds/resume'))).to.deep.equal([
      409,
      'Decision needed',
      reason,
    ])
    const pipeline = await until('the list shows it', async () => {
      const found = await find()
      return found?.state === 'paused' && found
    })
    expect(pipeline.needsDecision).to.equal(true)
    await tenant.sql(
      `UPDATE pipeline SET paused = false, pause_reason = NULL, needs_decision = false WHERE name = 'classifieds'`,
    )
  })

  it('POST refuses requests of other websites with 403', async () => {
    const foreign: Record<string, string>[] = [
      { origin: 'https://example.com' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
    ]
    for (const headers of foreign) {
      const response = await post('/classifieds/pause', headers)
      expect((await problemOf(response)).slice(0, 2)).to.deep.equal([
        403,
        'Request from another website',
      ])
    }
    const own = { origin: tenant.dashboardUrl, 'sec-fetch-site': 'same-origin' }
    expect((await post('/classifieds/pause', own)).status).to.equal(200)
    expect((await post('/classifieds/resume', own)).status).to.equal(200)
  })

  it('shows where the file of a partition cannot be read, and what is wrong with the latest file', async () => {
    await tenant.sql(
      `INSERT INTO unreadable_offsets (pipeline, log_id, partition, first_offset, reason)
       SELECT pipeline, log_id, partition, next_offset, 'Wrong checksum.' FROM partition_ledger
       WHERE pipeline = 'classifieds' ORDER BY partition LIMIT 1`,
    )
    const failing = await until('the state is failing', async () => {
      const found = await find()
      return found?.state === 'failing' && found
    })
    expect(failing.failure).to.match(
      /^Kafka's file of partition 0 cannot be read at offset \d+: Wrong checksum\. The pipeline waits there\./,
    )
    await tenant.sql('DELETE FROM unreadable_offsets')
    writeDeclaration(
      folder.path,
      'classifieds',
      classifieds(topic).replace('"timestamp"', '"time"'),
    )
    const fault = await until('the fault is shown', async () => {
      return (await find())?.fileFault ?? undefined
    })
    expect(fault).to.match(/^line 7, column \d+: /)
    expect((await find())?.state).to.equal('running')
    writeDeclaration(folder.path, 'classifieds', classifieds(topic))
  })

  it('shows pipelines as not running after their worker has stopped', async () => {
    await tenant.stop(worker)
    await tenant.sql(`UPDATE pipeline SET seen_at = now() - interval '31 s'`)
    await until('the state is shown', async () => (await find())?.state === 'not running')
  })

  it('returns 503 while the database refuses connections, and recovers', async () => {
    const { database } = tenant.config.postgres
    const others = `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1 AND usename <> current_user`
    await tenant.sql('REVOKE CONNECT ON DATABASE "' + database + '" FROM PUBLIC')
    await tenant.sql(others, [database])
    await until('the list is refused', async () => (await fetch(url(''))).status === 503)
    const change = await post('/classifieds/pause')
    expect([change.status, change.headers.get('retry-after')]).to.deep.equal([503, '5'])
    await tenant.sql('GRANT CONNECT ON DATABASE "' + database + '" TO PUBLIC')
    await until('the list is back', async () => (await list()).pipelines.length === 1)
    expect((await find())?.pauseReason).to.equal(null)
  })
})

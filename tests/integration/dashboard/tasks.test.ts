import { expect } from 'chai'
import type {
  TaskDetails,
  TaskWorker,
  TaskWorkers,
  Tasks,
} from '../../../services/dashboard/api/tasks.ts'
import { sharedServers } from '../../support/servers.ts'
import { declareTasks } from '../../support/task-rows.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('Tasks and workers in the API of the dashboard', function () {
  this.timeout(120_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.startDashboard()
    await declareTasks(tenant, 'job', { kind: 'run-by', method: 'method', params: 'params' })
    await declareTasks(tenant, 'daily', { kind: 'run', handler: 'fleet_daily_summary' })
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const at = (path: string) => `${tenant.dashboardUrl}${path}`
  const get = async (path: string) => (await fetch(at(path))).json()
  const list = async (query = '') => (await get(`/api/tasks${query}`)) as Tasks
  const show = async (id: number) => (await get(`/api/tasks/${id}`)) as TaskDetails
  const post = (path: string, body?: string, headers: Record<string, string> = {}) =>
    fetch(at(path), {
      method: 'POST',
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body }),
    })
  const make = async (task: object) => {
    const response = await post('/api/tasks', JSON.stringify(task))
    expect(response.status, await response.clone().text()).to.equal(201)
    return (await response.json()) as TaskDetails
  }
  const problemOf = async (response: Response) => {
    const { title, detail } = (await response.json()) as { title: string; detail: string }
    return [response.status, title, detail]
  }
  const addWorker = async (columns = '', values = '') => {
    const [row] = await tenant.sql<{ id: number }>(
      `INSERT INTO worker (name, ip, host, pid${columns}) VALUES ('worker-0', '10.0.0.7', 'farm', 17${values}) RETURNING id`,
    )
    return row!.id
  }
  const run = (id: number, worker: number) =>
    tenant.sql(
      `UPDATE task SET state = 'running', worker = $2, attempt = attempt + 1, progress = 0.4,
         lease_until = now() + interval '10 s', started_at = now() WHERE id = $1`,
      [id, worker],
    )
  const fail = (id: number) =>
    tenant.sql(
      `UPDATE task SET state = 'failed', lease_until = NULL, ended_at = now(), code = 'threw',
         detail = 'No such country.' WHERE id = $1`,
      [id],
    )

  it('GET /api/tasks and GET /workers return empty lists before a task was made', async () => {
    expect(await list()).to.deep.equal({ tasks: [], counts: [], next: null, mayChange: true })
    expect(await get('/workers')).to.deep.equal({ workers: [] })
  })

  it('POST /api/tasks makes a task for the only pipeline that can run the method, and returns it with 201', async () => {
    const task = await make({ method: 'ingest_covid_data', params: { country: 'AT' } })
    expect(task).to.deep.include({
      ...{ pipeline: 'job', method: 'ingest_covid_data', state: 'queued', attempt: 0 },
      ...{ params: '{"country":"AT"}', transactionKey: null, log: [], fault: null },
      ...{ isCancelRequested: false, progress: null, rows: null, worker: null },
    })
    expect(task.unit).to.match(/^api:[0-9a-f-]{36}$/)
    expect(await show(task.id)).to.deep.equal(task)
    const fixed = await make({ method: 'fleet_daily_summary' })
    expect([fixed.pipeline, fixed.params]).to.deep.equal(['daily', '{}'])
  })

  it('POST /api/tasks keeps all digits of long numbers', async () => {
    const body = '{"method":"m","params":{"id":9007199254740993,"sum":0.10000000000000000001}}'
    const response = await post('/api/tasks', body)
    const { params } = (await response.json()) as TaskDetails
    expect(params).to.equal('{"id":9007199254740993,"sum":0.10000000000000000001}')
  })

  it('POST /api/tasks with the same id again returns the same task with 200, and 409 if it differs', async () => {
    const task = { pipeline: 'job', id: 'order-1', method: 'm', params: [1], transactionKey: 'k' }
    const first = await make(task)
    expect(first.unit).to.equal('api:order-1')
    const again = await post('/api/tasks', JSON.stringify(task))
    expect([again.status, await again.json()]).to.deep.equal([200, first])
    const other = await post('/api/tasks', JSON.stringify({ ...task, params: [2] }))
    expect((await problemOf(other)).slice(0, 2)).to.deep.equal([409, 'Id is taken'])
    const [row] = await tenant.sql(`SELECT count(*) FROM task WHERE unit = 'api:order-1'`)
    expect(row).to.deep.equal({ count: 1 })
  })

  it('POST /api/tasks makes one task of concurrent requests with the same id', async () => {
    const body = JSON.stringify({ method: 'm', id: 'order-2' })
    const responses = await Promise.all(Array.from({ length: 10 }, () => post('/api/tasks', body)))
    const statuses = responses.map(({ status }) => status).sort()
    expect(statuses).to.deep.equal([...Array.from({ length: 9 }, () => 200), 201])
  })

  it('POST /api/tasks refuses what is no task, and what no pipeline can run, in plain sentences', async () => {
    const refusals: [body: string, status: number, detail: RegExp][] = [
      ['{', 400, /^The body is not JSON: /],
      ['[]', 400, /^The body must be a JSON object\.$/],
      ['{}', 400, /^method must be the name of a handler/],
      ['{"method":"a b"}', 400, /^method must be/],
      ['{"method":"m","id":"ä"}', 400, /^id must have 1 to 100 of the characters/],
      ['{"method":"m","transactionKey":"a\\u0000"}', 400, /^transactionKey must be a text/],
      [
        '{"method":"m","colour":1}',
        400,
        /^Unknown member "colour"\. Known members: method, params/,
      ],
      [
        '{"method":"m","pipeline":"none"}',
        422,
        /^There is no pipeline "none"; those that run tasks are: daily, job\.$/,
      ],
      [
        '{"method":"m","pipeline":"daily"}',
        422,
        /^The pipeline daily runs only the handler "fleet_daily_summary", not "m"\.$/,
      ],
    ]
    for (const [body, status, detail] of refusals) {
      const [actual, , text] = await problemOf(await post('/api/tasks', body))
      expect(actual, body).to.equal(status)
      expect(text, body).to.match(detail)
    }
    const form = await post('/api/tasks', 'method=m', { 'content-type': 'text/plain' })
    expect((await problemOf(form)).slice(0, 2)).to.deep.equal([415, 'Unsupported media type'])
    const large = await post('/api/tasks', `{"method":"${'x'.repeat(1024 * 1024)}"}`)
    expect(large.status).to.equal(413)
  })

  it('GET /api/tasks returns the newest first, by pipeline and state, in pages, with counts', async () => {
    await tenant.sql(`DELETE FROM task`)
    await tenant.sql('UPDATE task_count SET made = 0')
    const ids: number[] = []
    for (const _ of [1, 2, 3]) ids.unshift((await make({ method: 'm' })).id)
    const [third = 0, second = 0, first = 0] = ids
    const daily = (await make({ method: 'fleet_daily_summary' })).id
    await fail(first)
    await run(second, await addWorker())
    const idsOf = async (query: string) => (await list(query)).tasks.map(({ id }) => id)
    expect(await idsOf('')).to.deep.equal([daily, third, second, first])
    expect(await idsOf('?pipeline=job')).to.deep.equal([third, second, first])
    expect(await idsOf('?pipeline=job&state=failed')).to.deep.equal([first])
    expect(await idsOf('?state=running')).to.deep.equal([second])
    expect(await idsOf('?state=complete')).to.deep.equal([])
    const page = await list('?limit=2')
    expect([page.tasks.length, page.next]).to.deep.equal([2, third])
    expect(await idsOf(`?limit=2&before=${page.next}`)).to.deep.equal([second, first])
    const counts = await until('the counts are read again', async () => {
      const present = (await list()).counts.filter(({ count }) => count > 0)
      return present.length === 4 && present
    })
    expect(counts).to.deep.equal([
      { pipeline: 'daily', state: 'queued', count: 1 },
      { pipeline: 'job', state: 'queued', count: 1 },
      { pipeline: 'job', state: 'running', count: 1 },
      { pipeline: 'job', state: 'failed', count: 1 },
    ])
    for (const query of ['?state=lost', '?limit=0', '?limit=201', '?before=x', '?colour=red']) {
      expect((await fetch(at(`/api/tasks${query}`))).status, query).to.equal(400)
    }
  })

  it('GET /api/tasks/{id} returns log lines and fault, and 404 for an unknown task', async () => {
    const { id } = await make({ method: 'm' })
    await run(id, await addWorker())
    await fail(id)
    await tenant.sql(`INSERT INTO task_log (task, lines) VALUES ($1, E'one\\ntwo')`, [id])
    expect(await show(id)).to.deep.include({
      ...{ state: 'failed', attempt: 1, log: ['one', 'two'] },
      fault: { code: 'threw', message: 'No such country.' },
    })
    for (const unknown of ['999999', 'x', '0', '-1', '99999999999999999999']) {
      const [status, title] = await problemOf(await fetch(at(`/api/tasks/${unknown}`)))
      expect([status, title], unknown).to.deep.equal([404, 'Unknown task'])
    }
  })

  it('POST …/cancel cancels a waiting task at once, asks the worker of a running one, and refuses an ended one', async () => {
    const waiting = await make({ method: 'm' })
    const canceled = await post(`/api/tasks/${waiting.id}/cancel`)
    expect(canceled.status).to.equal(200)
    expect(await canceled.json()).to.include({ state: 'canceled', isCancelRequested: false })
    const running = await make({ method: 'm' })
    await run(running.id, await addWorker())
    const asked = await post(`/api/tasks/${running.id}/cancel`)
    expect(await asked.json()).to.include({ state: 'running', isCancelRequested: true })
    expect((await post(`/api/tasks/${running.id}/cancel`)).status).to.equal(200)
    await fail(running.id)
    expect(await problemOf(await post(`/api/tasks/${running.id}/cancel`))).to.deep.equal([
      ...[409, 'Task has ended'],
      `The task ${running.id} has ended already. It cannot be canceled.`,
    ])
    expect((await post('/api/tasks/999999/cancel')).status).to.equal(404)
  })

  it('POST …/retry queues a failed or canceled task again, and refuses any other', async () => {
    const { id } = await make({ method: 'm' })
    expect((await problemOf(await post(`/api/tasks/${id}/retry`))).slice(0, 2)).to.deep.equal([
      ...[409, 'Task not retried'],
    ])
    await run(id, await addWorker())
    await fail(id)
    const response = await post(`/api/tasks/${id}/retry`)
    expect(response.status).to.equal(200)
    expect(await response.json()).to.deep.include({ state: 'queued', fault: null, endedAt: null })
    await post(`/api/tasks/${id}/cancel`)
    expect((await post(`/api/tasks/${id}/retry`)).status).to.equal(200)
    expect((await post('/api/tasks/999999/retry')).status).to.equal(404)
  })

  it('POST refuses requests of other websites with 403', async () => {
    const foreign: Record<string, string>[] = [
      { origin: 'https://example.com' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
    ]
    for (const headers of foreign) {
      for (const path of ['/api/tasks', '/api/tasks/1/cancel', '/api/tasks/1/retry']) {
        const [status, title] = await problemOf(await post(path, '{"method":"m"}', headers))
        expect([status, title]).to.deep.equal([403, 'Request from another website'])
      }
    }
    const wrongMethod = await fetch(at('/api/tasks'), { method: 'DELETE' })
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).to.deep.equal([405, 'GET, POST'])
  })

  it('GET /worker/{id} returns a worker before its first task, and 404 for an unknown one', async () => {
    const id = await addWorker()
    const worker = (await get(`/worker/${id}`)) as TaskWorker
    const { start_date: startDate, lag, ...others } = worker
    expect(others).to.deep.equal({
      ...{ id, name: 'worker-0', ip: '10.0.0.7', host: 'farm', state: 'idle', current: [] },
      ...{ total_processed: 0, total_success: 0, last_processed: null },
    })
    expect(Date.parse(startDate)).to.be.within(Date.now() - 60_000, Date.now() + 1_000)
    expect(lag).to.be.a('number')
    for (const unknown of ['999999', 'x', '0']) {
      const [status, title] = await problemOf(await fetch(at(`/worker/${unknown}`)))
      expect([status, title]).to.deep.equal([404, 'Unknown worker'])
    }
  })

  it('GET /workers returns what each worker does, and which are lost, drain or have stopped', async () => {
    await tenant.sql('DELETE FROM task')
    await tenant.sql('DELETE FROM worker')
    const seen = ", now() - interval '16 s'"
    const working = await addWorker()
    const expected = {
      [working]: 'working',
      [await addWorker(', last_seen_at', seen)]: 'lost',
      [await addWorker(', draining', ', true')]: 'draining',
      [await addWorker(', stopped_at, last_seen_at', `, now()${seen}`)]: 'stopped',
    }
    await addWorker(', stopped_at', ", now() - interval '25 h'")
    const { id } = await make({ method: 'm' })
    await make({ method: 'm' })
    await run(id, working)
    const { workers } = (await get('/workers')) as TaskWorkers
    const states = Object.fromEntries(workers.map((each) => [each.id, each.state]))
    expect(states).to.deep.equal(expected)
    const found = workers.find((each) => each.id === working)
    expect(found).to.deep.include({
      current: [{ task: id, pipeline: 'job', method: 'm', progress: 0.4 }],
      lag: 1,
    })
  })

  it('returns 503 while the database refuses connections, and recovers', async () => {
    const { database } = tenant.config.postgres
    await tenant.sql(`REVOKE CONNECT ON DATABASE "${database}" FROM PUBLIC`)
    await tenant.sql(
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1 AND usename <> current_user`,
      [database],
    )
    await until('the list is refused', async () => (await fetch(at('/api/tasks'))).status === 503)
    for (const path of ['/api/tasks/1', '/workers', '/worker/1']) {
      expect((await fetch(at(path))).status, path).to.equal(503)
    }
    const change = await post('/api/tasks', '{"method":"m"}')
    expect([change.status, change.headers.get('retry-after')]).to.deep.equal([503, '5'])
    await tenant.sql(`GRANT CONNECT ON DATABASE "${database}" TO PUBLIC`)
    await until('the list is back', async () => (await fetch(at('/api/tasks'))).status === 200)
  })
})

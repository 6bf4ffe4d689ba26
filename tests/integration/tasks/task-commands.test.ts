import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { sharedServers } from '../../support/servers.ts'
import { declareTasks } from '../../support/task-rows.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('npm run job and npm run tasks', function () {
  this.timeout(120_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    recordAsRunning(tenant)
    await declareTasks(tenant, 'job', { kind: 'run-by', method: 'method', params: 'params' })
    await tenant.sql(
      `INSERT INTO worker (name, ip, host, pid) VALUES ('worker-0', '10.0.0.7', 'farm', 17)`,
    )
  })

  after(async () => {
    removeRunRecord(tenant.deployment.folders.state)
    await tenant[Symbol.asyncDispose]()
  })

  const run = async (...args: string[]) => {
    const { code, out, err } = await runCommand(tenant, args)
    return { code, out: out.trimEnd(), err }
  }
  const job = async (...args: string[]) => {
    const { code, out, err } = await run('job', ...args)
    expect(code, out + err).to.equal(0)
    return Number(/task (\d+)/.exec(out)?.[1])
  }
  const stateOf = async (id: number) =>
    (await tenant.sql<{ state: string }>('SELECT state FROM task WHERE id = $1', [id]))[0]?.state
  const startTask = (id: number) =>
    tenant.sql(
      `UPDATE task SET state = 'running', worker = 1, attempt = attempt + 1, progress = 0.4,
         lease_until = now() + interval '10 s', started_at = now() WHERE id = $1`,
      [id],
    )
  const endTask = (id: number, state: 'complete' | 'failed' | 'canceled') =>
    tenant.sql(
      `UPDATE task SET state = $2, lease_until = NULL, ended_at = started_at + interval '1.5 s',
         rows = CASE $2 WHEN 'complete' THEN 12 END, code = CASE $2 WHEN 'failed' THEN 'threw' END,
         detail = CASE $2 WHEN 'failed' THEN 'No such country.' END
       WHERE id = $1`,
      [id, state],
    )

  it('job makes a task with the parameters and the key, and prints its id', async () => {
    const params = '{"country":"AT","id":9007199254740993}'
    const { code, out } = await run('job', 'ingest', '--params', params, '--transaction-key', 'k1')
    expect(code).to.equal(0)
    expect(out).to.match(/^Made the task 1 of the pipeline job\.$/)
    const [row] = await tenant.sql('SELECT method, params, transaction_key, state FROM task')
    expect(row).to.deep.equal({ method: 'ingest', params, transaction_key: 'k1', state: 'queued' })
  })

  it('job makes no second task for the same id', async () => {
    const id = await job('ingest', '--id', 'order-1')
    const { out } = await run('job', 'ingest', '--id', 'order-1')
    expect(out).to.equal(`The pipeline job has a task with this id already: ${id}.`)
  })

  it('job refuses parameters that are not JSON, and a pipeline that does not exist, with exit code 2', async () => {
    const wrong = await run('job', 'ingest', '--params', '{country}')
    expect(wrong.code).to.equal(2)
    expect(wrong.err).to.include(`Expected JSON, e.g. '{"day":"2026-01-31"}': `)
    expect(await run('job', 'ingest', '--pipeline', 'none')).to.include({
      code: 2,
      out: 'There is no pipeline "none"; those that run tasks are: job.',
    })
  })

  for (const [state, code, sentence] of [
    ['complete', 0, 'is complete: 12 rows.'],
    ['failed', 1, 'has failed. threw: No such country.'],
    ['canceled', 1, 'was canceled.'],
  ] as const) {
    it(`job --wait shows the progress, and has exit code ${code} when the task is ${state}`, async () => {
      const name = `wait-${state}`
      const waiting = run('job', name, '--wait')
      const id = await until('the task is made', async () => {
        const made = await tenant.sql<{ id: number }>('SELECT id FROM task WHERE method = $1', [
          name,
        ])
        return made[0]?.id
      })
      await startTask(id)
      await until('the command has seen it', async () => {
        // It looks at the task four times a second.
        const [row] = await tenant.sql<{ seen: boolean }>(
          `SELECT clock_timestamp() > started_at + interval '1 s' AS seen FROM task WHERE id = $1`,
          [id],
        )
        return row?.seen
      })
      await endTask(id, state)
      const result = await waiting
      expect(result.code).to.equal(code)
      expect(result.out).to.equal(
        `Made the task ${id} of the pipeline job.\nThe task ${id} ${sentence}`,
      )
      expect(result.err).to.include(`task ${id}: running, 40 %\n`)
    })
  }

  it('tasks list shows the newest first by pipeline and state, with counts', async () => {
    const all = await run('tasks', 'list')
    expect(all.code).to.equal(0)
    expect(all.out).to.match(/^id \| pipeline \| method/)
    expect(all.out).to.match(/wait-failed +\| failed +\| 40 % +\| 1 .*\| threw: No such country\./)
    expect(all.out).to.match(/\njob +\| 2 +\| 0 +\| 1 +\| 1 +\| 1$/)
    const failed = await run('tasks', 'list', '--pipeline', 'job', '--state', 'failed', '--json')
    const { tasks } = JSON.parse(failed.out) as { tasks: Record<string, unknown>[] }
    expect(tasks.map(({ method }) => method)).to.deep.equal(['wait-failed'])
    expect(tasks[0]).to.deep.include({ fault: { code: 'threw', message: 'No such country.' } })
    expect((await run('tasks', 'list', '--limit', '1')).out).to.include('Showing the newest 1.')
    expect((await run('tasks', 'list', '--state', 'running')).out).to.equal('No task matches.')
    expect(await run('tasks', 'list', '--pipeline', 'none')).to.include({
      code: 2,
      out: 'There is no pipeline "none"; the declared ones are: job.',
    })
  })

  it('tasks show prints parameters, attempts, fault and log lines', async () => {
    const [row] = await tenant.sql<{ id: number }>(`SELECT id FROM task WHERE state = 'failed'`)
    const id = row?.id ?? 0
    await tenant.sql(`INSERT INTO task_log (task, lines) VALUES ($1, E'reading\\nhalf done')`, [id])
    const { code, out } = await run('tasks', 'show', String(id))
    expect(code).to.equal(0)
    expect(out).to.include(`task      ${id} of job, api:`)
    expect(out).to.match(/^worker {4}worker-0 \(1\)$/m)
    expect(out).to.match(/^attempts {2}1$/m)
    expect(out).to.match(/^ended {5}.*Z, took 1\.5 s$/m)
    expect(out).to.match(/^fault {5}threw: No such country\.$/m)
    expect(out).to.match(/^params {4}\{\}$/m)
    expect(out).to.match(/The last log lines:\nreading\nhalf done$/)
    const unknown = await run('tasks', 'show', '999999')
    expect(unknown.code).to.equal(2)
    expect(unknown.out).to.match(/^There is no task 999999\. Tasks that ended more than seven days/)
  })

  it('tasks output shows where the result of a task is in the bucket, and why there is no CSV', async () => {
    await tenant.sql(
      `INSERT INTO task_output (task, pipeline, folder, key, rows, bytes, sha256, tables) VALUES
         (7001, 'job', 'outputs/job', 'outputs/job/7001-3f9a2c41.ndjson', 3, 120, '\\xab', '[{"name":"cases","refresh":true,"rows":3,"fields":["id"]}]')`,
    )
    const { code, out } = await run('tasks', 'output', '7001')
    expect([code, ...out.split('\n')]).to.deep.equal([
      ...[
        0,
        'object   outputs/job/7001-3f9a2c41.ndjson',
        'rows     3',
        'bytes    120',
        'sha256   ab',
      ],
      'table    cases: 3 rows, which replace the earlier ones',
      'stored   not yet: it waits for the bucket',
    ])
    const missing = await run('tasks', 'output', '7002')
    expect([missing.code, missing.out.split(':')[0]]).to.deep.equal([
      ...[2, 'The task 7002 has made no object in the bucket'],
    ])
    const csv = await run('tasks', 'output', '7001', '--as-csv', '--table', 'x')
    expect([csv.code, csv.err.trim()]).to.deep.equal([
      2,
      'The result has no table "x". Its tables are: "cases". Run npm run tasks -- output 7001 --as-csv --table NAME.',
    ])
  })

  it('tasks cancel cancels a waiting task, asks the worker of a running one, and says what has ended', async () => {
    const waiting = await job('m')
    const running = await job('m')
    await startTask(running)
    const { code, out } = await run('tasks', 'cancel', String(waiting), String(running))
    expect(code).to.equal(0)
    expect(out.split('\n')).to.deep.equal([
      `Canceled the task ${waiting}. It had not started.`,
      `Asked the worker of the task ${running} to cancel it. npm run tasks -- show ${running}`,
    ])
    expect((await run('tasks', 'show', String(running))).out).to.include(
      'running, cancel requested',
    )
    await endTask(running, 'complete')
    expect(await run('tasks', 'cancel', String(running))).to.include({
      code: 1,
      out: `The task ${running} has ended already: complete.`,
    })
  })

  it('tasks retry queues failed and canceled tasks again, by ids or all of a pipeline', async () => {
    await tenant.sql('DELETE FROM task')
    const [first, second, third] = [await job('m'), await job('m'), await job('m')]
    for (const id of [first, second]) {
      await startTask(id)
      await endTask(id, 'failed')
    }
    await run('tasks', 'cancel', String(third))
    const { code, out } = await run('tasks', 'retry', String(first), '999999')
    expect(code).to.equal(1)
    expect(out.split('\n')[0]).to.equal(`Queued the task ${first} again.`)
    expect(await stateOf(first)).to.equal('queued')
    expect(await run('tasks', 'retry', '--pipeline', 'job')).to.include({
      code: 0,
      out: 'Queued 1 failed task of job again.',
    })
    expect([await stateOf(second), await stateOf(third)]).to.deep.equal(['queued', 'canceled'])
    const canceled = await run('tasks', 'retry', '--pipeline', 'job', '--state', 'canceled')
    expect(canceled.out).to.equal('Queued 1 canceled task of job again.')
    expect(await stateOf(third)).to.equal('queued')
    const neither = await run('tasks', 'retry')
    expect([neither.code, neither.err.trim()]).to.deep.equal([
      ...[2, 'error: choose tasks by ids or by --pipeline.'],
    ])
  })
})

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { IHeaders } from 'kafkajs'
import { kafkaOf } from '../support/servers.ts'
import { root } from '../../scripts/platform/paths.ts'
import type { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { DirectKafkaChanges } from '../support/direct-changes.ts'
import { serviceLogger } from '../support/service-log.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { ReadTopic } from '../support/read-topic.ts'
import { until } from '../support/until.ts'

const slowHandler = `import { handler, z } from 'av-telemetry'
export const wait = handler({
  name: 'wait',
  params: z.object({ ms: z.number() }),
  run: async ({ ms }, { id }) => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return [{ table: 'waited', data: [{ id }] }]
  },
})
`

/** Follows docs/examples/q-etl/README.md. */
describe('the example of offline jobs', function () {
  this.timeout(240_000)
  let folder: TemporaryFolder
  let home: PlatformHome
  let kafka: ClosableKafka
  let errors: ReadTopic
  let results: ReadTopic

  before(async () => {
    folder = new TemporaryFolder()
    cpSync(join(root, 'docs', 'examples', 'q-etl'), folder.path, { recursive: true })
    home = await PlatformHome.create([`worker.folder=${folder.path}`, 'fleet.numVehicles=0'])
    await home.start().waitForOutput('The platform is running.')
    kafka = createKafka(kafkaOf(home), 'a-client', serviceLogger)
    errors = new ReadTopic(kafka, 'error')
    results = new ReadTopic(kafka, 'db')
  })

  after(async () => {
    await errors[Symbol.asyncDispose]()
    await results[Symbol.asyncDispose]()
    await home[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const post = (value: string, key: string | null = null, headers: IHeaders = {}) =>
    new DirectKafkaChanges(kafka, 'job').produce([{ key, value, headers }])
  const run = async (...args: string[]) => {
    const command = home.command(...args)
    return { code: await command.waitForExit(), out: command.output }
  }
  const cases = () =>
    home.sql<{ country: string; cases: number }>(
      'SELECT country, sum(cases)::int AS cases FROM covid_cases GROUP BY country ORDER BY country',
    )
  const all = [
    { country: 'Austria', cases: 37_429 },
    { country: 'Estonia', cases: 3_442 },
  ]
  const errorOf = (code: string) =>
    until(`the topic error has a message with the code ${code}`, () => {
      const found = errors.values().filter((value) => value['code'] === code)
      return found.length > 0 && found
    })

  it('runs a handler by a command, and stores its rows', async () => {
    const { code, out } = await run('job', '--', 'ingest_covid_data', '--params', '{}', '--wait')
    expect(code, out).to.equal(0)
    expect(out).to.include('The task 1 is complete: 6 rows.')
    await until('the rows are stored', async () => (await tables()) && (await cases()).length === 2)
    expect(await cases()).to.deep.equal(all)
  })

  const tables = async () => {
    const [row] = await home.sql<{ found: boolean }>(
      `SELECT to_regclass('data.covid_cases') IS NOT NULL AS found`,
    )
    return row?.found === true
  }

  it('runs messages of any Kafka client once for each header id, and keeps their key', async () => {
    const message = JSON.stringify({ method: 'ingest_covid_data', params: { country: 'Estonia' } })
    await post(message, 'transaction-7', { id: 'message-7' })
    await post(message, 'transaction-7', { id: 'message-7' })
    await until('the rows are replaced', async () => (await cases()).length === 1)
    expect(await cases()).to.deep.equal([all[1]])
    const tasks = await home.sql(
      `SELECT transaction_key AS key, state FROM task WHERE pipeline = 'job' AND unit = 'message-7'`,
    )
    expect(tasks).to.deep.equal([{ key: 'transaction-7', state: 'complete' }])
    await until('the second message is counted as a duplicate', async () => {
      const [ledger] = await home.sql<{ duplicate: number }>(
        `SELECT sum(duplicate)::int AS duplicate FROM partition_ledger WHERE pipeline = 'job'`,
      )
      return ledger?.duplicate === 1
    })
    await until('the topic db has the message', () => results.keys().includes('transaction-7'))
    expect(results.keys().filter((key) => key === 'transaction-7')).to.have.length(1)
  })

  it('sends one message to the topic error for each message that cannot be run', async () => {
    await post("{'method': 'ingest_covid_data'}", 'wrong-json')
    await post('{"method":"no_such_handler","params":{}}', 'wrong-method')
    await post('{"method":"ingest_covid_data","params":{"country":7}}', 'wrong-params')
    const [json] = await errorOf('not-json')
    expect(json).to.include({ pipeline: 'job', topic: 'job', method: null })
    expect(json?.['message']).to.include('json.dumps()')
    const [method] = await errorOf('unknown-method')
    expect(method?.['message']).to.include('There is no handler "no_such_handler"')
    const [params] = await errorOf('bad-params')
    expect(params?.['message']).to.include('params.country')
    const keys = ['wrong-json', 'wrong-method', 'wrong-params']
    expect(errors.keys().filter((key) => key !== null && keys.includes(key))).to.have.members(keys)
  })

  it('loads a handler that is added, and runs its task again after the worker was killed', async () => {
    writeFileSync(join(folder.path, 'handlers', 'wait.ts'), slowHandler)
    const log = () => readFileSync(join(home.folders.logs, 'worker-0.log'), 'utf8')
    await until(
      'the handler is loaded',
      () => /handlers-loaded/.test(log()) && /"wait"/.test(log()),
    )
    await post('{"method":"wait","params":{"ms":3000}}', null, { id: 'slow' })
    const attemptOf = async () => {
      const [row] = await home.sql<{ state: string; attempt: number }>(
        `SELECT state, attempt FROM task WHERE unit = 'slow'`,
      )
      return row
    }
    await until('the task runs', async () => (await attemptOf())?.state === 'running')
    home.kill('worker-0')
    await until('the task is complete', async () => (await attemptOf())?.state === 'complete', 60)
    expect((await attemptOf())?.attempt).to.equal(2)
    await until('its row is stored', async () => {
      const [row] = await home.sql<{ found: boolean }>(
        `SELECT to_regclass('data.waited') IS NOT NULL AS found`,
      )
      return row?.found === true
    })
    expect(await home.sql('SELECT id FROM waited')).to.deep.equal([{ id: 'job/slow' }])
  })

  it('GET /worker/ID returns what a worker has done, also after a restart of the dashboard', async () => {
    const at = `http://127.0.0.1:${home.config.dashboard.hostPort}`
    const first = (await (await fetch(`${at}/worker/1`)).json()) as Record<string, unknown>
    expect(first).to.include({ id: 1, name: 'worker-0', state: 'lost' })
    expect(first['total_processed']).to.be.greaterThan(first['total_success'] as number)
    expect((await fetch(`${at}/worker/77`)).status).to.equal(404)
    home.kill('dashboard-0')
    await until('the dashboard answers again', async () => {
      const answer = await fetch(`${at}/worker/2`).catch(() => undefined)
      return answer?.status === 200
    })
  })
})

import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
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

const method = 'etl.example_text_stream_processor.process'
const workers = ['worker-0', 'worker-1', 'worker-2']

type LogLine = Readonly<Record<string, unknown>>

/** The table "Step by step" of docs/examples/castiron-text/README.md. */
describe('the example of text messages', function () {
  this.timeout(300_000)
  let folder: TemporaryFolder
  let home: PlatformHome
  let kafka: ClosableKafka
  let errors: ReadTopic

  before(async () => {
    folder = new TemporaryFolder()
    cpSync(join(root, 'docs', 'examples', 'castiron-text'), folder.path, { recursive: true })
    home = await PlatformHome.create([
      ...[`worker.folder=${folder.path}`, 'worker.instances=3', 'fleet.numVehicles=0'],
    ])
    await home.start().waitForOutput('The platform is running.', 150)
    kafka = createKafka(kafkaOf(home), 'a-client', serviceLogger)
    errors = new ReadTopic(kafka, 'error')
  })

  after(async () => {
    await errors[Symbol.asyncDispose]()
    await home[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const post = (value: string, key: string) =>
    new DirectKafkaChanges(kafka, 'castiron_text_payload').produce([{ key, value }])
  const examples = async () => {
    const command = home.command('examples', '--', 'text-payload')
    return { code: await command.waitForExit(), out: command.output }
  }
  /** What handlers have logged. */
  const linesOf = (worker: string): unknown[] =>
    readFileSync(join(home.folders.logs, `${worker}.log`), 'utf8')
      .split('\n')
      .filter((text) => text.startsWith('{') && text.endsWith('}'))
      .map((text) => (JSON.parse(text) as LogLine)['line'])
  const states = async () => {
    const rows = await home.sql<{ state: string; tasks: number }>(
      `SELECT state, count(*)::int AS tasks FROM task WHERE pipeline = 'text-payload' GROUP BY state`,
    )
    return Object.fromEntries(rows.map(({ state, tasks }) => [state, tasks]))
  }
  const errorOf = (key: string) =>
    until(`the topic error has a message with the key ${key}`, () => {
      const at = errors.keys().indexOf(key)
      return at >= 0 && errors.values()[at]
    })

  it('runs the handler for each of the five messages, and the logs of the workers have its words', async () => {
    const sent = await until('the worker has created the topic', async () => {
      const result = await examples()
      return result.code === 0 && result
    })
    expect(sent.out).to.equal('Sent 5 records to the topic castiron_text_payload.\n')
    await until('all are complete', async () => (await states())['complete'] === 5)
    // A log file gets its lines later than the database gets the state.
    const lines = await until('the handlers have logged three lines each', () => {
      const found = workers.flatMap(linesOf).filter((line) => typeof line === 'string')
      return found.length >= 15 && found
    })
    for (const number of [1, 2, 3, 4, 5]) {
      const data = `{"message":${number},"text":"It's message ${number}"}`
      const args = `{"data":${data},"arg1":"test","arg2":"test2"}`
      expect(lines).to.include(`invoking ${method} with arg_list ${args}`)
      expect(lines).to.include(`in example text stream processor got data ${data}`)
    }
    expect(lines.filter((line) => line === 'got arg1 test and arg2 test2')).to.have.length(5)
  })

  it('a body in single quotes becomes one dead letter and one message not-json, with a hint', async () => {
    await post(`{'worker_run_method': '${method}', 'data': {}}`, 'quotes')
    const envelope = await errorOf('quotes')
    expect(envelope).to.include({ code: 'not-json', pipeline: 'text-payload', method: null })
    expect(envelope['message']).to.include('json.dumps()')
    const list = home.command('dead-letters', '--', 'list', '--pipeline', 'text-payload')
    expect(await list.waitForExit()).to.equal(0)
    expect(list.output).to.include('not-json')
  })

  it('a message can run only registered handlers, and a path to code fails as unknown-method', async () => {
    const names = ['os.system', './handlers/example-text-stream-processor.ts', 'constructor']
    for (const name of names) {
      await post(JSON.stringify({ worker_run_method: name, data: 'true' }), name)
      expect(await errorOf(name)).to.include({ code: 'unknown-method', method: name })
    }
    expect(await states()).to.deep.equal({ complete: 5, failed: names.length })
  })

  it('a message with wrong arguments fails alone, and the workers run the next ones', async () => {
    await post(JSON.stringify({ worker_run_method: method, data: 1, arg1: 7 }), 'arguments')
    const envelope = await errorOf('arguments')
    expect(envelope).to.include({ code: 'bad-params' })
    expect(envelope['message']).to.include('arg1')
    await examples()
    await until('the next are complete', async () => (await states())['complete'] === 10)
    for (const name of workers) expect(home.isRunning(name), name).to.equal(true)
  })

  it('three workers share the messages', async () => {
    const busy = () =>
      workers.filter((name) => linesOf(name).includes('got arg1 test and arg2 test2'))
    await until(
      () => `all workers have run a message; ${busy().join(', ')} have`,
      async () => {
        if (busy().length === workers.length) return true
        await examples()
        return false
      },
      220,
    )
  })
})

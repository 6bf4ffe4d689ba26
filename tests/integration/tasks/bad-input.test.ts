import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { handlerFile } from '../../support/handler-pool.ts'
import { samplesOf } from '../../support/metrics.ts'
import { ReadTopic } from '../../support/read-topic.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const handlers = {
  good: `return [{ table: 'good', data: [{ n: 1 }] }]`,
  wrong_shape: `return 'no rows'`,
  large: `return [{ table: 'large', data: Array.from({ length: 20 }, () => ({ text: 'x'.repeat(50_000) })) }]`,
  exits: `process.exit(7)`,
  throws: `throw new TypeError('no fuel')`,
  never_ends: `for (;;);`,
  fills_memory: `const all = []; for (;;) all.push(new Array(1e5).fill(0.5))`,
  writes_to_pipe: `const { writeSync } = await import('node:fs'); writeSync(3, 'hello\\n'); await new Promise(() => undefined)`,
  floods: `for (let i = 0; i < 1e5; i += 1) console.log('line', i); return [{ table: 'flood', data: [{ n: 1 }] }]`,
  refused: `return [{ table: 'checked', data: [{ id: -1 }] }]`,
}

/** The key of each message, and the code of the envelope that it gets. */
const expectedCodes = {
  'not-json': 'not-json',
  'no-handler': 'unknown-method',
  'wrong-params': 'bad-params',
  wrong_shape: 'bad-result',
  large: 'result-too-large',
  exits: 'threw',
  throws: 'threw',
  writes_to_pipe: 'threw',
  never_ends: 'timed-out',
  fills_memory: 'out-of-memory',
  refused: 'refused-by-database',
  lost: 'worker-lost',
}

describe('bad input of a worker', function () {
  this.timeout(180_000)
  const folder = new TemporaryFolder()
  let tenant: Tenant
  let prefix: string
  let errors: ReadTopic
  let results: ReadTopic

  const pipeline = (name: string, to: string, timeout = '60 s') => {
    writeFileSync(
      join(folder.path, 'pipelines', `${name}.toml`),
      `name = "${name}"
from.topic = "${prefix}-${name}"
run = { by = "method", params = "params" }
concurrency = 4
timeout = "${timeout}"
retry = { attempts = 1 }
${to}
errors = "${prefix}-error"
`,
    )
  }

  before(async () => {
    const settings = [`worker.folder=${folder.path}`, 'worker.handlerMegabytes=64']
    tenant = await Tenant.create(await sharedServers(), settings)
    prefix = tenant.config.kafka.topic
    for (const name of ['pipelines', 'handlers']) mkdirSync(join(folder.path, name))
    pipeline('job', `to.topic = "${prefix}-db"`)
    pipeline('rows', 'to.tables = {}')
    pipeline('brief', '', '1 s')
    for (const [name, body] of Object.entries(handlers))
      writeFileSync(join(folder.path, 'handlers', `${name}.ts`), handlerFile(name, body))
    const typed = handlerFile('typed', 'return []', 'z.object({ day: z.string() })')
    writeFileSync(join(folder.path, 'handlers', 'typed.ts'), typed)
    await tenant.sql(`CREATE TABLE data.checked (id int CHECK (id > 0));
      ALTER TABLE data.checked OWNER TO telemetry_worker`)
    for (const name of ['job', 'rows', 'brief'])
      await tenant.changesOf(`${prefix}-${name}`).createTopic(1)
    await tenant.startWorker()
    const kafka = createKafka(tenant.kafka, 'a-test', serviceLogger)
    errors = new ReadTopic(kafka, `${prefix}-error`)
    results = new ReadTopic(kafka, `${prefix}-db`)
  })

  after(async () => {
    await errors[Symbol.asyncDispose]()
    await results[Symbol.asyncDispose]()
    await tenant[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const post = (topic: string, messages: Readonly<Record<string, string>>) =>
    tenant
      .changesOf(`${prefix}-${topic}`)
      .produce(Object.entries(messages).map(([key, value]) => ({ key, value })))
  const call = (method: string, params: unknown = {}) => JSON.stringify({ method, params })
  /** As the table is when a worker was killed while it ran the task. */
  const addLostTask = () =>
    tenant.sql(`INSERT INTO task
      (pipeline, unit, method, params, transaction_key, state, worker, attempt, lease_until)
      VALUES ('job', 'api:lost', 'good', '{}', 'lost', 'running', 999, 1, now() - interval '1 s')`)

  it('gets one envelope each with its code on the topic of errors, and the worker runs other tasks', async () => {
    const elsewhere = ['good', 'refused', 'never_ends']
    const named = Object.keys(handlers).filter((name) => !elsewhere.includes(name))
    await post('job', {
      'not-json': `{'method': 'good'}`,
      'no-handler': call('no_such_handler'),
      'wrong-params': call('typed', { day: 7 }),
      ...Object.fromEntries(named.map((name) => [name, call(name)])),
      good: call('good'),
    })
    await post('rows', { refused: call('refused') })
    await post('brief', { never_ends: call('never_ends') })
    await addLostTask()
    const count = Object.keys(expectedCodes).length
    await until('all envelopes are read', () => errors.keys().length >= count, 90)
    await post('job', { 'after-all': call('good') })
    const good = ['after-all', 'floods', 'good']
    await until('the others are complete', () => good.every((key) => results.keys().includes(key)))
    const envelopes = errors.values()
    expect(
      Object.fromEntries(errors.keys().map((key, index) => [key, envelopes[index]?.['code']])),
    ).to.deep.equal(expectedCodes)
    expect(errors.keys()).to.have.length(count)
    expect([...results.keys()].sort()).to.deep.equal(good)
  })

  it('is counted in a metric, by pipeline and state', async () => {
    const stored = await tenant.sql<{ name: string; count: number }>(
      `SELECT format('telemetry_tasks_ended_total{pipeline="%s",state="%s"}', pipeline, state) AS name,
         count(*)::int AS count
       FROM task WHERE pipeline IN ('job', 'rows', 'brief') GROUP BY pipeline, state`,
    )
    const expected = new Map(stored.map(({ name, count }) => [name, count]))
    expect([...expected.keys()].join())
      .to.match(/job",state="complete/)
      .and.match(/brief",state="failed/)
    let counted: ReadonlyMap<string, number> = new Map()
    await until('all tasks are counted', async () => {
      counted = await samplesOf(tenant.config.worker.opsHostPort)
      return [...expected].every(([name, count]) => (counted.get(name) ?? 0) >= count)
    })
    for (const [name, count] of expected) expect(counted.get(name), name).to.equal(count)
    expect(counted.get('telemetry_tasks_ended_total{pipeline="job",state="canceled"}')).to.equal(0)
  })

  it('says in the envelope what was wrong, and which message it was', () => {
    const keys = errors.keys()
    const envelopeOf = (key: string) => errors.values()[keys.indexOf(key)]
    expect(envelopeOf('throws')).to.deep.include({
      ...{ pipeline: 'job', topic: `${prefix}-job`, method: 'throws', attempt: 1 },
      message: 'no fuel',
    })
    expect(envelopeOf('throws')?.['stack']).to.match(/throws\.ts/)
    expect(envelopeOf('exits')?.['message']).to.match(/exit code 7/)
    expect(envelopeOf('refused')?.['message']).to.match(/check constraint/)
    expect(envelopeOf('not-json')?.['original']).to.deep.include({ value: `{'method': 'good'}` })
    expect(envelopeOf('lost')).to.deep.include({ worker: 999 })
  })
})

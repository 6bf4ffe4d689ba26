import { expect } from 'chai'
import { Registry } from 'prom-client'
import { TaskSink } from '../../../services/adapters/postgres/tasks/task-sink.ts'
import type { NewTask } from '../../../services/ledger/tasks/task.ts'
import type { Stream, StreamPipeline } from '../../../services/stream/stream.ts'
import { createStream } from '../../../services/stream/stream.ts'
import { StreamMetrics } from '../../../services/stream/stream-metrics.ts'
import { decodeTask } from '../../../services/tasks/messages/decode-task.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

describe('Messages of a topic that become tasks', function () {
  this.timeout(120_000)
  let database: TaskDatabase
  const stop = new AbortController()
  const step = { kind: 'run-by', method: 'method', params: 'params' } as const

  before(async () => {
    database = await TaskDatabase.create()
  })

  after(() => database[Symbol.asyncDispose]())

  const startStream = async (): Promise<Stream> => {
    const { topic } = database.tenant.config.kafka
    const pipeline: StreamPipeline<NewTask> = {
      name: 'job',
      decode: (record, place) => decodeTask(step, record, place),
      sink: () => new TaskSink({ pipeline: 'job', topic, errors: 'errors' }),
    }
    const stream = createStream(pipeline, {
      kafka: { ...database.tenant.kafka, topic },
      postgres: database.settingsOf('worker'),
      ...{ clientId: 'a-test', metrics: new StreamMetrics(new Registry()), logger: serviceLogger },
      stop: stop.signal,
    })
    await stream.start()
    return stream
  }
  const untilSettled = (count: number) =>
    until(`${count} messages are settled`, async () => {
      const account = await database.tenant.account()
      return account.settled === count && account
    })

  it('become one task each, also if a unit is sent again and the stream starts again', async () => {
    const add = (number: number) => `{"method":"add","params":{"n":${number}}}`
    const byId = (id: string, number: number) => ({ headers: { id }, key: 'T', value: add(number) })
    const stream = await startStream()
    const { directChanges } = database.tenant
    await directChanges.produce([{ key: 'T-1', value: add(1) }, byId('a', 2), byId('a', 3)])
    await untilSettled(3)
    await stream[Symbol.asyncDispose]()
    await using again = await startStream()
    await directChanges.produce([byId('a', 4), { key: null, value: add(5) }])
    expect(await untilSettled(5)).to.include({ stored: 3, duplicate: 2, deadLettered: 0 })
    expect(again.whyNotReady()).to.equal(undefined)
    const tasks = await database.tenant.sql(
      'SELECT params, transaction_key, state FROM task ORDER BY params',
    )
    expect(tasks).to.deep.equal([
      { params: '{"n":1}', transaction_key: 'T-1', state: 'queued' },
      { params: '{"n":2}', transaction_key: 'T', state: 'queued' },
      { params: '{"n":5}', transaction_key: null, state: 'queued' },
    ])
    expect(await database.reader.account('job')).to.include({ made: 3, queued: 3 })
  })

  it('become one dead letter and one error message each if they are no tasks', async () => {
    await using stream = await startStream()
    expect(stream.whyNotReady).to.be.a('function')
    await database.tenant.directChanges.produce([{ key: 'T-9', value: "{'method': 'add'}" }])
    await untilSettled(6)
    expect(await database.tenant.sql('SELECT pipeline, code FROM dead_letter')).to.deep.equal([
      { pipeline: 'job', code: 'not-json' },
    ])
    const [message, ...others] = await database.tenant.sql<{
      topic: string
      message_id: string
      key: string
      value: string
    }>('SELECT * FROM outbox')
    expect(others).to.deep.equal([])
    expect(message).to.include({ topic: 'errors', key: 'T-9' })
    const envelope = JSON.parse(message?.value ?? '') as Record<string, unknown>
    expect(envelope).to.include({
      id: message?.message_id,
      pipeline: 'job',
      code: 'not-json',
      attempt: 0,
    })
    expect(envelope['original']).to.deep.equal({ key: 'T-9', value: "{'method': 'add'}" })
  })
})

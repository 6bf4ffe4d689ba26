import { expect } from 'chai'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { OutboxStore } from '../../../services/adapters/postgres/tasks/outbox-store.ts'
import { readWorkBacklog } from '../../../services/adapters/postgres/tasks/work-now.ts'
import { WakeUp } from '../../../services/runtime/wake-up.ts'
import { kafkaOutbox } from '../../../services/tasks/kafka-outbox.ts'
import type { OutboxDestination } from '../../../services/tasks/outbox-relay.ts'
import { OutboxRelay } from '../../../services/tasks/outbox-relay.ts'
import { captureLog } from '../../support/captured-log.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { scratchPorts } from '../../../scripts/ports/scratch-ports.ts'
import { TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

type Sent = { readonly id: string; readonly key: string | undefined; readonly value: string }

describe('The relay of the outbox', function () {
  this.timeout(120_000)
  let database: TaskDatabase
  const open: AsyncDisposable[] = []

  before(async () => {
    database = await TaskDatabase.create()
  })

  after(async () => {
    for (const each of open.reverse()) await each[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  const kafkaOf = (port: number) =>
    createKafka(
      { ...database.tenant.kafka, brokers: [`127.0.0.1:${port}`] },
      'a-test',
      serviceLogger,
    )
  const realPort = () => database.tenant.config.kafka.hostPort
  const startRelay = (port = realPort(), logger = serviceLogger): OutboxRelay => {
    const kafka = kafkaOf(port)
    const store = new OutboxStore(database.pool)
    const relay = new OutboxRelay({
      store,
      destination: kafkaOutbox(kafka, 1),
      wakeUp: new WakeUp(),
      logger,
    })
    open.push(relay)
    return relay
  }
  const write = (topic: string, ids: readonly number[]) =>
    database.tenant.sql(
      `INSERT INTO outbox (topic, message_id, key, value)
       SELECT $1, 'm' || id, CASE WHEN id % 2 = 0 THEN 'k' END, repeat('x', $3) || id FROM unnest($2::int[]) AS id`,
      [topic, ids, 1_000],
    )
  const waiting = async () =>
    (await database.tenant.sql<{ count: number }>('SELECT count(*)::int AS count FROM outbox'))[0]
      ?.count
  const untilEmpty = () => until('the outbox is empty', async () => (await waiting()) === 0)
  const read = async (topic: string, count: number): Promise<Sent[]> => {
    const sent: Sent[] = []
    const consumer = kafkaOf(realPort()).consumer({ groupId: `read-${topic}` })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: ({ message: { headers, key, value } }) => {
        const id = String(headers?.['id'])
        sent.push({ id, key: key?.toString(), value: String(value) })
        return Promise.resolve()
      },
    })
    await until(`${count} messages are read`, () => sent.length >= count)
    await consumer.disconnect()
    return sent
  }
  /** A topic that refuses messages without a key, and large ones. */
  const createCompacted = async (topic: string): Promise<void> => {
    const admin = kafkaOf(realPort()).admin()
    await admin.connect()
    const limits = { 'max.message.bytes': '50000', 'cleanup.policy': 'compact' }
    const configEntries = Object.entries(limits).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
    await admin.disconnect()
  }
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

  it('creates the topic, and sends each message with its key and its id in the header', async () => {
    const topic = `${database.tenant.config.kafka.topic}-out`
    startRelay()
    await write(topic, [1, 2])
    await untilEmpty()
    const value = 'x'.repeat(1_000)
    const sent = (await read(topic, 2)).sort((left, right) => (left.id < right.id ? -1 : 1))
    expect(sent).to.deep.equal([
      { id: 'm1', key: undefined, value: `${value}1` },
      { id: 'm2', key: 'k', value: `${value}2` },
    ])
  })

  it('sends 5,000 messages once each although two relays run', async () => {
    const topic = `${database.tenant.config.kafka.topic}-two`
    startRelay()
    await write(topic, numbers(5_000))
    await untilEmpty()
    const ids = (await read(topic, 5_000)).map(({ id }) => id)
    expect(ids).to.have.length(5_000)
    expect(new Set(ids)).to.have.property('size', 5_000)
  })

  it('a topic that cannot be written holds up no other topic', async () => {
    const topic = `${database.tenant.config.kafka.topic}-third`
    await write('not a topic', [1])
    await write(topic, [1])
    await until('only one message waits', async () => (await waiting()) === 1)
    expect(await new OutboxStore(database.pool).topics()).to.deep.equal(['not a topic'])
    await database.tenant.sql('DELETE FROM outbox')
  })

  it('a topic to which messages are written all the time holds up no other topic', async () => {
    const sent = { 'test:busy': 0, 'test:quiet': 0 }
    const destination: OutboxDestination = {
      has: (topic) => topic in sent,
      open: (topic) => ({
        send: async (messages) => {
          sent[topic as keyof typeof sent] += messages.length
          if (topic === 'test:busy') await write(topic, [sent[topic]])
          return { settled: messages.length, refused: [] }
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
      events: { failed: 'test-failed' },
    }
    await write('test:busy', [0])
    await write('test:quiet', [0])
    const store = new OutboxStore(database.pool)
    {
      await using _ = new OutboxRelay({
        ...{ store, destination, wakeUp: new WakeUp(), logger: serviceLogger },
      })
      await until('the quiet topic has its message', () => sent['test:quiet'] === 1)
      expect(sent['test:busy']).to.be.at.least(1)
    }
    await database.tenant.sql('DELETE FROM outbox')
  })

  it('a message that Kafka refuses for good is moved to refused_message with the reason, and the others of its topic are sent', async () => {
    const topic = `${database.tenant.config.kafka.topic}-refusing`
    await createCompacted(topic)
    await database.tenant.sql(
      `INSERT INTO outbox (topic, message_id, key, value) VALUES
       ($1, 'first', 'k', 'a'), ($1, 'too-large', 'k', repeat('x', 60000)), ($1, 'second', 'k', 'b'),
       ($1, 'without-key', NULL, 'c'), ($1, 'third', 'k', 'd')`,
      [topic],
    )
    await until('the outbox is empty', async () => (await waiting()) === 0, 30)
    expect(new Set((await read(topic, 3)).map(({ id }) => id))).to.deep.equal(
      new Set(['first', 'second', 'third']),
    )
    const refused = await database.tenant.sql<{ message_id: string; reason: string }>(
      'SELECT message_id, reason FROM refused_message ORDER BY id',
    )
    expect(refused.map(({ message_id }) => message_id)).to.deep.equal(['too-large', 'without-key'])
    expect(refused[0]?.reason).to.match(/larger than the max message size/)
    expect((await readWorkBacklog(database.pool)).refusedMessages).to.equal(2)
  })

  it('stores at most ten refused messages in one transaction, so that it does not last too long', async () => {
    const topic = `${database.tenant.config.kafka.topic}-refusing-many`
    await createCompacted(topic)
    await database.tenant.sql(
      `INSERT INTO outbox (topic, message_id, value)
       SELECT $1, 'many-' || id, 'x' FROM generate_series(1, 25) AS id`,
      [topic],
    )
    await until('the outbox is empty', async () => (await waiting()) === 0, 30)
    const [stored] = await database.tenant.sql<{ refused: number; transactions: number }>(
      `SELECT count(*)::int AS refused, count(DISTINCT xmin::text)::int AS transactions
       FROM refused_message WHERE message_id LIKE 'many-%'`,
    )
    expect(stored?.refused).to.equal(25)
    expect(stored?.transactions).to.be.at.least(3)
  })

  it('messages wait while Kafka is away, and are sent when it is there', async () => {
    for (const relay of open.splice(0)) await relay[Symbol.asyncDispose]()
    const topic = `${database.tenant.config.kafka.topic}-away`
    const [setting = ''] = await scratchPorts(1, ['kafka.hostPort'])
    const log = captureLog()
    const away = startRelay(Number(setting.split('=')[1]), log.logger)
    await write(topic, [1])
    await until('the relay has failed', () =>
      log.lines.some(({ event }) => event === 'outbox-send-failed'),
    )
    expect(await waiting()).to.equal(1)
    await away[Symbol.asyncDispose]()
    startRelay()
    await untilEmpty()
    expect(await read(topic, 1)).to.have.length(1)
  })
})

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Kafka, logLevel } from 'kafkajs'
import type { PlatformLogin } from '../../../services/adapters/kafka/connection/access.ts'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { isLoginRefused } from '../../../services/adapters/kafka/connection/access-fault.ts'
import { toConnection } from '../../../services/adapters/kafka/connection/kafkajs-options.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { localPassword } from '../../../scripts/platform/database.ts'
import { serviceLogger } from '../../support/service-log.ts'
import type { Servers } from '../../support/servers.ts'
import { changedServers, kafkaOf, processOf, startServers } from '../../support/servers.ts'
import { brokerWithoutLogins, withoutLogins } from '../../support/servers-without-logins.ts'
import { until } from '../../support/until.ts'
import { ok, sessionNeedsLogin, ZooKeeperSession } from '../../support/zookeeper-session.ts'

const [kept, attacked] = ['kept', 'attacked']
const records = 100
const group = 'a-group'
/** In milliseconds, for the creation and deletion of a topic by a slow broker. */
const timeout = 30_000

/**
 * What a program of another user of this machine can do. The first tests show that it can do it on
 * servers without logins, which also write the data that the later tests expect.
 */
describe('Kafka and ZooKeeper, for other users of this machine', function () {
  this.timeout(240_000)
  let servers: Servers

  before(async () => {
    const probes = { broker: brokerWithoutLogins }
    servers = await startServers([], { topology: withoutLogins, probes })
  })

  after(() => (servers as Servers | undefined)?.[Symbol.asyncDispose]())

  /** A client of another program, which does not repeat what fails. */
  function clientWith(login?: PlatformLogin): Kafka {
    const { brokers } = kafkaOf(servers)
    return new Kafka({
      ...toConnection({ brokers, ...(login && { login }) }),
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    })
  }

  async function produce(kafka: Kafka, topic: string, count: number): Promise<void> {
    const producer = kafka.producer({ allowAutoTopicCreation: false })
    const messages = Array.from({ length: count }, (_, index) => ({ value: String(index) }))
    try {
      await producer.connect()
      await producer.send({ topic, acks: -1, messages })
    } finally {
      await producer.disconnect()
    }
  }

  async function asAdmin<T>(
    kafka: Kafka,
    act: (admin: ReturnType<Kafka['admin']>) => Promise<T>,
  ): Promise<T> {
    const admin = kafka.admin()
    try {
      await admin.connect()
      return await act(admin)
    } finally {
      await admin.disconnect()
    }
  }

  const deleteTopic = (kafka: Kafka, topic: string) =>
    asAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic], timeout }))
  const createTopic = (kafka: Kafka, topic: string) =>
    asAdmin(kafka, (admin) =>
      admin.createTopics({ timeout, waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] }),
    )
  const topicsOf = (kafka: Kafka) => asAdmin(kafka, (admin) => admin.listTopics())

  const succeeds = (attempt: Promise<unknown>): Promise<boolean> =>
    attempt.then(
      () => true,
      () => false,
    )

  /** The error of what must fail. */
  const errorOf = (attempt: Promise<unknown>): Promise<unknown> =>
    attempt.then(
      () => 'it succeeded',
      (error: unknown) => error,
    )

  /** How a broker deletes a topic, and with it a program that writes to ZooKeeper. */
  const deletionOf = (topic: string) => `/admin/delete_topics/${topic}`
  const openSession = () => ZooKeeperSession.open(servers.config.zookeeper.hostPort)

  describe('without logins', () => {
    it('let a client of any program create, write and delete a topic', async () => {
      const anyClient = clientWith()
      for (const topic of [kept, attacked]) await createTopic(anyClient, topic)
      await until('the topic has a leader', () => succeeds(produce(anyClient, kept, records)))
      await until('the topic of the offsets has a leader', () =>
        succeeds(
          asAdmin(anyClient, (admin) => {
            const partitions = [{ partition: 0, offset: '40' }]
            return admin.setOffsets({ groupId: group, topic: kept, partitions })
          }),
        ),
      )
      await deleteTopic(anyClient, attacked)
      expect(await topicsOf(anyClient)).to.not.include(attacked)
    })

    it('let a session at ZooKeeper delete a topic', async () => {
      await createTopic(clientWith(), attacked)
      using session = await openSession()
      // The broker removes the request of the earlier deletion when that has ended.
      await until('the deletion is requested', async () => {
        return (await session.create(deletionOf(attacked))) === ok
      })
      await until('the topic is deleted', async () => {
        return !(await topicsOf(clientWith())).includes(attacked)
      })
    })
  })

  describe('with logins, on the data of servers without them', () => {
    before(async () => {
      await servers.platform.stop()
      servers = await changedServers(servers, [])
      const { signal } = new AbortController()
      const [storage = [], brokers = []] = servers.platform.stages
      await servers.platform.startStage(storage, signal)
      await servers.platform.startStage(brokers, signal)
    })

    /** The ends of the topic, read with the login of our services. */
    async function rangesOfKept() {
      const kafka = createKafka(kafkaOf(servers), 'a-test', serviceLogger)
      await using admin = new TopicAdmin(kafka, kept)
      return await admin.ranges()
    }
    async function expectUnchanged(): Promise<void> {
      expect(await rangesOfKept()).to.deep.equal([{ low: 0, high: records }])
    }

    it('keep the topics, their records and the offsets of groups', async () => {
      // The brokers listen before they have loaded the topics.
      await until('the topic is served', () => succeeds(rangesOfKept()))
      await expectUnchanged()
      const ours = new Kafka({ ...toConnection(kafkaOf(servers)), logLevel: logLevel.NOTHING })
      const consumer = ours.consumer({ groupId: group })
      const values: string[] = []
      await consumer.connect()
      await consumer.subscribe({ topics: [kept] })
      await consumer.run({
        eachMessage: ({ message }) => {
          values.push(String(message.value))
          return Promise.resolve()
        },
      })
      try {
        await until('the records after the offset are read', () => values.length === records - 40)
      } finally {
        await consumer.disconnect()
      }
      expect(values.slice(0, 2)).to.deep.equal(['40', '41'])
    })

    it('refuse a client without a login: it can neither list, write nor delete topics', async () => {
      for (const attempt of [
        topicsOf(clientWith()),
        produce(clientWith(), kept, 1),
        deleteTopic(clientWith(), kept),
        createTopic(clientWith(), 'another'),
      ])
        expect(await errorOf(attempt)).to.be.instanceOf(Error)
      await expectUnchanged()
    })

    it('refuse a client with a wrong password, an unknown user or the login of another listener, and say so', async () => {
      const password = localPassword(servers.folders, 'kafka')
      const ofWorkers = localPassword(servers.folders, 'kafka-worker')
      const logins: readonly PlatformLogin[] = [
        { mechanism: 'plain', username: 'av_telemetry', password: `${password}x` },
        { mechanism: 'plain', username: 'av_telemetry', password: '' },
        { mechanism: 'plain', username: 'another', password },
        { mechanism: 'plain', username: 'telemetry_worker', password: ofWorkers },
        { mechanism: 'scram-sha-256', username: 'telemetry_worker', password: ofWorkers },
      ]
      for (const login of logins) {
        const errors = [
          await errorOf(produce(clientWith(login), kept, 1)),
          await errorOf(deleteTopic(clientWith(login), kept)),
        ]
        expect(errors.map(isLoginRefused), `${login.username}, ${login.mechanism}`).to.deep.equal([
          true,
          true,
        ])
      }
      await expectUnchanged()
    })

    it('refuse a session at ZooKeeper without a login: it can neither read nor write', async () => {
      using writing = await openSession()
      expect(await writing.create(deletionOf(kept))).to.equal(sessionNeedsLogin)
      using reading = await openSession()
      expect(await reading.read('/brokers/ids')).to.equal(sessionNeedsLogin)
      await expectUnchanged()
    })

    it('refuse a session at ZooKeeper with an invalid name and password', async () => {
      using session = await openSession()
      await session.addDigest('kafka:a password').catch(() => undefined)
      const answer = await session.create(deletionOf(kept)).catch(() => 'closed')
      expect(answer).to.be.oneOf([sessionNeedsLogin, 'closed'])
      await expectUnchanged()
    })

    it('have files with passwords that only the user of the platform can read', () => {
      const { settings } = servers.folders
      const files = readdirSync(settings).filter(
        (name) => name.startsWith('kafka-0') || name.startsWith('zookeeper-0'),
      )
      expect(files).to.include.members(['kafka-0.jaas', 'zookeeper-0.jaas'])
      for (const name of files)
        expect(statSync(join(settings, name)).mode & 0o777, name).to.equal(0o600)
    })

    it('show no password on a command line or in a log', () => {
      const passwords = (['kafka', 'zookeeper'] as const).map((name) =>
        localPassword(servers.folders, name),
      )
      for (const name of ['kafka-0', 'zookeeper-0']) {
        const { identity, command } = processOf(servers, name)
        const line = readFileSync(`/proc/${identity?.pid}/cmdline`, 'utf8')
        const environment = readFileSync(`/proc/${identity?.pid}/environ`, 'utf8')
        expect(line).to.include('java.security.auth.login.config')
        for (const text of [line, environment, readFileSync(command.logFile, 'utf8')])
          for (const password of passwords) expect(text.includes(password), name).to.equal(false)
      }
    })
  })
})

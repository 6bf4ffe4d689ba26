import { expect } from 'chai'
import { Kafka, logLevel } from 'kafkajs'
import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { toConnection } from '../../../services/adapters/kafka/connection/kafkajs-options.ts'
import { KafkaRecordAppender } from '../../../services/adapters/kafka/writing/record-appender.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { Appender, positionText } from '../../support/appender.ts'
import type { Servers } from '../../support/servers.ts'
import { processOf, restartServer, startServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { describeTopic } from '../../support/topic-replicas.ts'
import { until } from '../../support/until.ts'

const instances = 3
const rounds = [0, 1, 2]
const brokerOf = (round: number) => `kafka-${round}`

describe('the log on three brokers while one broker stops', function () {
  this.timeout(240_000)

  let servers: Servers
  let tenant: Tenant
  let recordAppender: KafkaRecordAppender

  before(async () => {
    servers = await startServers([
      `kafka.instances=${instances}`,
      'kafka.replicationFactor=3',
      'kafka.minInsyncReplicas=2',
    ])
    tenant = await Tenant.create(servers)
    const { topic, partitions } = tenant.config.kafka
    const serviceLogger = createLogger('test', 'silent')
    recordAppender = new KafkaRecordAppender(createKafka(tenant.kafka, 'test', serviceLogger), {
      topic,
      logger: serviceLogger,
    })
    await recordAppender.connect()
    recordAppender.setPartitions(partitions)
  })

  after(async () => {
    await recordAppender[Symbol.asyncDispose]()
    await tenant[Symbol.asyncDispose]()
    await servers[Symbol.asyncDispose]()
  })

  /** Waits until every partition has acknowledged another record. */
  async function expectProgress({ acknowledged }: Appender): Promise<void> {
    const positionsBefore = new Set(acknowledged.keys())
    await until(
      'all partitions accept records',
      () => {
        const positions = [...acknowledged.keys()].filter(
          (position) => !positionsBefore.has(position),
        )
        const partitions = new Set(positions.map((position) => position.split('-')[0]))
        return partitions.size === tenant.config.kafka.partitions
      },
      60,
    )
  }

  async function expectInSync(): Promise<void> {
    const isInSync = async () => {
      const { partitions } = await describeTopic(tenant.kafka)
      return partitions.every(({ inSync }) => inSync.length === instances)
    }
    await until('all replicas are in sync', isInSync, 60)
  }

  /** Expects every acknowledged record in the log, at its acknowledged position. */
  async function expectAllInLog({ acknowledged }: Appender): Promise<void> {
    const recordsInLog = await readLog(tenant.kafka)
    const lost = [...acknowledged].filter(
      ([position, value]) => recordsInLog.get(position) !== value,
    )
    expect(lost).to.deep.equal([])
    expect(acknowledged.size).to.be.greaterThan(0)
  }

  it('keeps each acknowledged record at its position when brokers are killed with SIGKILL', async () => {
    await using appender = new Appender(recordAppender)
    for (const round of rounds) {
      await expectProgress(appender)
      process.kill(processOf(servers, brokerOf(round)).identity?.pid ?? 0, 'SIGKILL')
      await expectProgress(appender)
      await expectInSync()
    }
    await appender.stop()
    await expectAllInLog(appender)
  })

  it('keeps each acknowledged record at its position when brokers are stopped with SIGTERM', async () => {
    await using appender = new Appender(recordAppender)
    for (const round of rounds) {
      await expectProgress(appender)
      await processOf(servers, brokerOf(round)).stop(20_000)
      await expectProgress(appender)
      await restartServer(servers, brokerOf(round))
      await expectInSync()
    }
    await appender.stop()
    await expectAllInLog(appender)
  })
})

/** Reads the values of all records by position, with an ordinary Kafka consumer. */
async function readLog(settings: KafkaSettings): Promise<Map<string, string>> {
  const { topic } = settings
  const kafka = new Kafka({ ...toConnection(settings), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  // A partition may just get another leader, because the brokers have restarted.
  const ends = await until('the ends are read', () => admin.fetchTopicOffsets(topic))
  await admin.disconnect()
  const values = new Map<string, string>()
  const unreadPartitions = new Set(
    ends.filter(({ high }) => high !== '0').map(({ partition }) => partition),
  )
  const consumer = kafka.consumer({ groupId: `reader-${Date.now()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: ({ partition, message: { offset, value } }) => {
      values.set(positionText({ partition, offset: Number(offset) }), String(value))
      const end = ends.find((candidate) => candidate.partition === partition)
      if (Number(offset) + 1 >= Number(end?.high)) unreadPartitions.delete(partition)
      return Promise.resolve()
    },
  })
  await until('all records are read', () => unreadPartitions.size === 0, 60)
  await consumer.disconnect()
  return values
}

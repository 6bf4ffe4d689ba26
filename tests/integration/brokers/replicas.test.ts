import { expect } from 'chai'
import { manyReadings, postJson, readingJson } from '../../support/http-client.ts'
import type { LogLine } from '../../support/captured-log.ts'
import { captureLog } from '../../support/captured-log.ts'
import type { Servers } from '../../support/servers.ts'
import { addBrokers, processOf, restartServer, startServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import type { PartitionState } from '../../support/topic-replicas.ts'
import { describeTopic } from '../../support/topic-replicas.ts'
import { sendTraffic } from '../../support/traffic.ts'
import { until, untilCount } from '../../support/until.ts'

describe('replicas of a topic that is there', function () {
  this.timeout(120_000)

  let servers: Servers
  let more: Servers
  let tenant: Tenant
  let firstPort: number
  /** Acknowledged readings, all of which must be rows in the end. */
  let acknowledged = 0

  before(async () => {
    servers = await startServers()
    firstPort = servers.config.kafka.hostPort
    tenant = await Tenant.create(servers)
    await tenant.startProducer()
    await tenant.startConsumer()
    acknowledged += 1_000
    expect((await postJson(tenant, manyReadings(1_000, 'FIRST'))).status).to.equal(202)
    await untilCount('they are stored', () => tenant.countRows(), 1_000)
    more = await addBrokers(servers, 3)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    await more[Symbol.asyncDispose]()
    await servers[Symbol.asyncDispose]()
  })

  const see = (topic = tenant.config.kafka.topic) =>
    describeTopic([`127.0.0.1:${firstPort}`, `127.0.0.1:${firstPort + 1}`], topic)
  const offsetsTopic = '__consumer_offsets'

  /** Provisions as with so many brokers and replicas; answers the warnings about the readings' topic. */
  async function replicate(instances: number, factor: number, minInsync: number) {
    const { logger, lines } = captureLog()
    const settings = [
      `kafka.instances=${instances}`,
      `kafka.replicationFactor=${factor}`,
      `kafka.minInsyncReplicas=${minInsync}`,
    ]
    await tenant.provisionWith(settings, logger)
    const { topic } = tenant.config.kafka
    return lines.filter((line) => line['advice'] !== undefined && line['topic'] === topic)
  }

  /** What a change leaves behind, made while readings arrive. */
  async function replicateUnderTraffic(factor: number, minInsync: number, prefix: string) {
    await using traffic = sendTraffic(tenant, prefix)
    await until('readings arrive', () => traffic.acknowledged() > 0)
    const warnings = await replicate(3, factor, minInsync)
    const before = traffic.acknowledged()
    await until('they still do', () => traffic.acknowledged() > before)
    const { refused, acknowledged: more } = await traffic.stop()
    acknowledged += more
    expect({ refused, warnings }).to.deep.equal({ refused: 0, warnings: [] })
  }

  const eventsOf = (lines: readonly LogLine[]) => lines.map(({ event }) => event)
  const isEverywhere = ({ replicas, inSync }: PartitionState) =>
    [...replicas].sort().join() === '0,1,2' && inSync.join() === '0,1,2'
  const sharesOf = (partitions: readonly PartitionState[]) =>
    [0, 1, 2].map((broker) => partitions.filter((seen) => seen.replicas.includes(broker)).length)

  it('come to new brokers evenly, the leader first, without a reading refused', async () => {
    await replicateUnderTraffic(2, 2, 'TWO')
    const { partitions, minInsyncReplicas } = await see()
    expect(partitions.map(({ replicas }) => replicas[0])).to.deep.equal([0, 0, 0, 0, 0, 0])
    expect(sharesOf(partitions)).to.deep.equal([6, 3, 3])
    expect(partitions.map(({ inSync }) => inSync.length)).to.deep.equal([2, 2, 2, 2, 2, 2])
    expect(minInsyncReplicas).to.equal(2)
  })

  it('come to all brokers, and those of the offsets with them', async () => {
    await replicateUnderTraffic(3, 2, 'THREE')
    expect((await see()).partitions.every(isEverywhere)).to.equal(true)
    const { partitions } = await see(offsetsTopic)
    expect(partitions).to.have.length(10)
    expect(partitions.every(isEverywhere)).to.equal(true)
  })

  it('are taken away again, the leader stays, and those of the offsets are kept', async () => {
    const before = await see()
    await replicateUnderTraffic(1, 1, 'ONE')
    const { partitions, minInsyncReplicas } = await see()
    const leaders = before.partitions.map(({ leader }) => [leader])
    expect(partitions.map(({ replicas }) => replicas)).to.deep.equal(leaders)
    expect(minInsyncReplicas).to.equal(1)
    expect((await see(offsetsTopic)).partitions.every(isEverywhere)).to.equal(true)
  })

  it('are as many as there are brokers, where more are wanted, and a sentence says so', async () => {
    const warnings = await replicate(4, 4, 4)
    const advice = warnings.map((line) => line['advice'])
    expect(eventsOf(warnings)).to.deep.equal(['replicas-short', 'min-insync-replicas-kept'])
    expect(advice[0]).to.match(
      /^4 replicas need 4 brokers, but only 3 are available\. Start the others/,
    )
    const { partitions, minInsyncReplicas } = await see()
    expect(partitions.every(isEverywhere)).to.equal(true)
    expect(minInsyncReplicas).to.equal(3)
  })

  describe('with a broker away', () => {
    before(async () => {
      expect(await replicate(3, 3, 1)).to.deep.equal([])
      await processOf(more, 'kafka-2').stop(10_000)
      await until('it is known', async () => {
        const { partitions } = await see()
        return partitions.every(({ inSync }) => inSync.join() === '0,1')
      })
    })

    it('stay where they are, and a sentence names it', async () => {
      const before = await see()
      const warnings = await replicate(3, 3, 3)
      expect(eventsOf(warnings)).to.deep.equal([
        'replicas-short',
        'brokers-away',
        'min-insync-replicas-kept',
      ])
      expect(warnings[1]).to.deep.include({ brokers: [2] })
      expect(await see()).to.deep.equal({ ...before, minInsyncReplicas: 2 })
    })

    it('are taken from it first, and come back to it later', async () => {
      expect(await replicate(3, 2, 2)).to.deep.equal([])
      expect(sharesOf((await see()).partitions)).to.deep.equal([6, 6, 0])
      await restartServer(more, 'kafka-2')
      expect(await replicate(3, 3, 2)).to.deep.equal([])
      expect((await see()).partitions.every(isEverywhere)).to.equal(true)
    })
  })

  // The last, as it leaves a topic without a leader: Kafka's client then fails for every topic.
  describe('with all brokers of a partition away', () => {
    it('are waited for while nobody leads a partition, and a sentence says so', async () => {
      const own = await Tenant.create(more)
      const { partitions } = await see(own.config.kafka.topic)
      expect(sharesOf(partitions)).to.deep.equal([2, 2, 2])
      await processOf(more, 'kafka-2').stop(10_000)
      const { logger, lines } = captureLog()
      const provisioned = own.provisionWith([], logger)
      const advice =
        'A partition has no leader, because no in-sync broker is available. Start all previous brokers with their data.'
      await until('it says so', () => lines.some((line) => line['advice'] === advice))
      await restartServer(more, 'kafka-2')
      await provisioned
      expect(lines.at(-1)?.event).to.equal('provisioned')
      await own[Symbol.asyncDispose]()
    })

    it('have lost no reading', async () => {
      const last = await until('the last is accepted', async () => {
        const { status } = await postJson(tenant, readingJson('LAST'))
        return status === 202
      })
      expect(last).to.equal(true)
      await untilCount('all are rows', () => tenant.countRows(), acknowledged + 1)
    })
  })
})

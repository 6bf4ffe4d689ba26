import { expect } from 'chai'
import { manyReadings, postJson, readingJson } from '../../support/http-client.ts'
import type { LogLine } from '../../support/captured-log.ts'
import { captureLog } from '../../support/captured-log.ts'
import type { Servers } from '../../support/servers.ts'
import {
  addBrokers,
  kafkaOf,
  processOf,
  restartServer,
  startServers,
} from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import type { PartitionState } from '../../support/topic-replicas.ts'
import { describeTopic } from '../../support/topic-replicas.ts'
import { sendTraffic } from '../../support/traffic.ts'
import { until, untilCount } from '../../support/until.ts'

describe('replicas of an existing topic', function () {
  this.timeout(120_000)

  let servers: Servers
  let grownServers: Servers
  let tenant: Tenant
  /** Number of acknowledged readings. All of them must be rows in the end. */
  let acknowledged = 0

  before(async () => {
    servers = await startServers()
    tenant = await Tenant.create(servers)
    await tenant.startProducer()
    await tenant.startConsumer()
    acknowledged += 1_000
    expect((await postJson(tenant, manyReadings(1_000, 'FIRST'))).status).to.equal(202)
    await untilCount('the readings are stored', () => tenant.countRows(), 1_000)
    grownServers = await addBrokers(servers, 3)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    await grownServers[Symbol.asyncDispose]()
    await servers[Symbol.asyncDispose]()
  })

  const describeReplicas = (topic = tenant.config.kafka.topic) =>
    describeTopic(kafkaOf(grownServers), topic)
  const offsetsTopic = '__consumer_offsets'

  /** Provisions with this configuration. @returns the warnings about the readings' topic */
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

  /** Changes the number of replicas while readings arrive. Expects no refused reading and no warning. */
  async function replicateUnderTraffic(factor: number, minInsync: number, prefix: string) {
    await using traffic = sendTraffic(tenant, prefix)
    await until('readings arrive', () => traffic.acknowledged() > 0)
    const warnings = await replicate(3, factor, minInsync)
    const acknowledgedBefore = traffic.acknowledged()
    await until('readings still arrive', () => traffic.acknowledged() > acknowledgedBefore)
    const { refused, acknowledged: accepted } = await traffic.stop()
    acknowledged += accepted
    expect({ refused, warnings }).to.deep.equal({ refused: 0, warnings: [] })
  }

  const eventsOf = (lines: readonly LogLine[]) => lines.map(({ event }) => event)
  const isOnAllBrokers = ({ replicas, inSync }: PartitionState) =>
    [...replicas].sort().join() === '0,1,2' && inSync.join() === '0,1,2'
  const replicasPerBroker = (partitions: readonly PartitionState[]) =>
    [0, 1, 2].map(
      (broker) => partitions.filter((partition) => partition.replicas.includes(broker)).length,
    )

  it('are distributed evenly to new brokers, keep their leader first, and no reading is refused', async () => {
    await replicateUnderTraffic(2, 2, 'TWO')
    const { partitions, minInsyncReplicas } = await describeReplicas()
    expect(partitions.map(({ replicas }) => replicas[0])).to.deep.equal([0, 0, 0, 0, 0, 0])
    expect(replicasPerBroker(partitions)).to.deep.equal([6, 3, 3])
    expect(partitions.map(({ inSync }) => inSync.length)).to.deep.equal([2, 2, 2, 2, 2, 2])
    expect(minInsyncReplicas).to.equal(2)
  })

  it('are distributed to all brokers, together with those of the offsets topic', async () => {
    await replicateUnderTraffic(3, 2, 'THREE')
    expect((await describeReplicas()).partitions.every(isOnAllBrokers)).to.equal(true)
    const { partitions } = await describeReplicas(offsetsTopic)
    expect(partitions).to.have.length(10)
    expect(partitions.every(isOnAllBrokers)).to.equal(true)
  })

  it('are removed except for the leaders, and those of the offsets topic stay', async () => {
    const before = await describeReplicas()
    await replicateUnderTraffic(1, 1, 'ONE')
    const { partitions, minInsyncReplicas } = await describeReplicas()
    const leaders = before.partitions.map(({ leader }) => [leader])
    expect(partitions.map(({ replicas }) => replicas)).to.deep.equal(leaders)
    expect(minInsyncReplicas).to.equal(1)
    expect((await describeReplicas(offsetsTopic)).partitions.every(isOnAllBrokers)).to.equal(true)
  })

  it('are limited to the number of brokers, with a warning', async () => {
    const warnings = await replicate(4, 4, 4)
    const advice = warnings.map((line) => line['advice'])
    expect(eventsOf(warnings)).to.deep.equal(['replicas-short', 'min-insync-replicas-kept'])
    expect(advice[0]).to.match(
      /^4 replicas need 4 brokers, but only 3 are available\. Start the others/,
    )
    const { partitions, minInsyncReplicas } = await describeReplicas()
    expect(partitions.every(isOnAllBrokers)).to.equal(true)
    expect(minInsyncReplicas).to.equal(3)
  })

  describe('while a broker is unavailable', () => {
    before(async () => {
      expect(await replicate(3, 3, 1)).to.deep.equal([])
      await processOf(grownServers, 'kafka-2').stop(10_000)
      await until('the broker is out of sync', async () => {
        const { partitions } = await describeReplicas()
        return partitions.every(({ inSync }) => inSync.join() === '0,1')
      })
    })

    it('stay on their brokers, with a warning that names the unavailable broker', async () => {
      const before = await describeReplicas()
      const warnings = await replicate(3, 3, 3)
      expect(eventsOf(warnings)).to.deep.equal([
        'replicas-short',
        'brokers-away',
        'min-insync-replicas-kept',
      ])
      expect(warnings[1]).to.deep.include({ brokers: [2] })
      expect(await describeReplicas()).to.deep.equal({ ...before, minInsyncReplicas: 2 })
    })

    it('are removed from that broker first, and return to it later', async () => {
      expect(await replicate(3, 2, 2)).to.deep.equal([])
      expect(replicasPerBroker((await describeReplicas()).partitions)).to.deep.equal([6, 6, 0])
      await restartServer(grownServers, 'kafka-2')
      expect(await replicate(3, 3, 2)).to.deep.equal([])
      expect((await describeReplicas()).partitions.every(isOnAllBrokers)).to.equal(true)
    })
  })

  // Runs last because it leaves a topic without a leader, and then kafkajs fails for every topic.
  describe('while all brokers of a partition are unavailable', () => {
    it('let provisioning wait until every partition has a leader, with a warning', async () => {
      const otherTenant = await Tenant.create(grownServers)
      const { partitions } = await describeReplicas(otherTenant.config.kafka.topic)
      expect(replicasPerBroker(partitions)).to.deep.equal([2, 2, 2])
      await processOf(grownServers, 'kafka-2').stop(10_000)
      const { logger, lines } = captureLog()
      const provisioned = otherTenant.provisionWith([], logger)
      const advice =
        'A partition has no leader, because no in-sync broker is available. Start all previous brokers with their data.'
      await until('the warning is logged', () => lines.some((line) => line['advice'] === advice))
      await restartServer(grownServers, 'kafka-2')
      await provisioned
      expect(lines.at(-1)?.event).to.equal('provisioned')
      await otherTenant[Symbol.asyncDispose]()
    })

    it('lose no acknowledged reading', async () => {
      const isAccepted = await until('the last reading is accepted', async () => {
        const { status } = await postJson(tenant, readingJson('LAST'))
        return status === 202
      })
      expect(isAccepted).to.equal(true)
      await untilCount('all readings are rows', () => tenant.countRows(), acknowledged + 1)
    })
  })
})

import { expect } from 'chai'
import { expectAllStored, expectFlow } from '../docker/expectations.ts'
import { Load } from '../docker/load.ts'
import { until } from '../support/until.ts'
import type { BrokersView } from '../support/brokers-view.ts'
import { brokersOf } from './brokers.ts'
import './cluster-hooks.ts'
import { ClusterPlatform } from './cluster-platform.ts'
import { evict } from './evict.ts'
import { isPartOfCi, report, timed } from './measured.ts'
import { podIds, replaceOnePod } from './pods.ts'
import { stackKinds } from './stack-kinds.ts'

const threeOfEach = [
  'zookeeper.instances=3',
  'kafka.instances=3',
  'kafka.replicationFactor=3',
  'kafka.minInsyncReplicas=2',
]
/** Senders for more than 500 readings a second. */
const senders = 10
const recoverySeconds = 240

for (const kind of stackKinds()) {
  describe(`platform on Kubernetes that keeps its data and grows from one broker to three, by ${kind.title}`, function () {
    this.timeout(1_200_000)
    let platform: ClusterPlatform
    let logBefore: string[]
    let brokers: BrokersView
    const log = () => platform.sql('select id, cluster_id from event_log')
    const countRows = async () => Number((await platform.sql('select count(*) from diag'))[0])

    before(async () => {
      platform = await ClusterPlatform.create(kind, ['postgres.keepData=true'])
      brokers = brokersOf(platform)
      await platform.up()
      logBefore = await log()
    })

    after(async () => {
      await platform[Symbol.asyncDispose]()
    })

    /** To be called after the growth. */
    const expectInSync = () =>
      until('all partitions have 3 replicas in sync', () => brokers.areInSync(3), recoverySeconds)

    async function expectNewReadingsStored(): Promise<void> {
      await using load = new Load(platform)
      await expectFlow(platform)
      await expectAllStored(platform, load)
    }

    it('keeps the volumes and the passwords after destroy', async () => {
      await expectNewReadingsStored()
      await platform.stack.destroy()
      // The namespace stays, so destroy does not wait until the processes of its pods have ended.
      const rest = ['pods', 'deployments', 'statefulsets', 'services']
      await until('the pods have ended', async () => (await platform.objects(...rest)).length === 0)
      const claims = ['kafka-0', 'postgres-0', 'zookeeper-0']
      expect(await platform.objects('persistentvolumeclaims')).to.deep.equal(
        claims.map((server) => `persistentvolumeclaim/data-${server}-0`),
      )
      expect(await platform.objects('secrets')).to.include('secret/secret-owner')
    })

    it('has every row and the same log after the next up', async () => {
      await platform.up()
      expect(await countRows()).to.equal(platform.account.acknowledged.size)
      expect(await log()).to.deep.equal(logBefore)
      expect(logBefore.length).to.equal(1)
      await expectNewReadingsStored()
    })

    it('loses no reading while it grows to three ZooKeepers and brokers', async () => {
      await using load = new Load(platform, senders)
      await expectFlow(platform)
      await timed('the growth', () => platform.up(...threeOfEach))
      await expectFlow(platform)
      await expectInSync()
      report(`${load.rate.toFixed(0)} readings/s, longest gap ${load.longestGapMs.toFixed(0)} ms`)
      if (!isPartOfCi) expect(load.longestGapMs).to.be.below(45_000)
      await expectAllStored(platform, load)
      expect(await log()).to.deep.equal(logBefore)
    })

    it('refuses no reading while one of three brokers is killed', async () => {
      await using load = new Load(platform, senders)
      await expectFlow(platform)
      await replaceOnePod(platform, 'kafka', recoverySeconds)
      await expectFlow(platform)
      report(`longest gap ${load.longestGapMs.toFixed(0)} ms`)
      if (!isPartOfCi) expect(load.longestGapMs).to.be.below(5_000)
      await expectAllStored(platform, load)
      if (!isPartOfCi) expect([...load.refusals]).to.deep.equal([])
      await expectInSync()
    })

    it('does not evict a second broker while one is away', async () => {
      const before = await podIds(platform, 'kafka')
      expect(await evict(platform, 'kafka-0-0')).to.equal('evicted')
      expect(await evict(platform, 'kafka-1-0')).to.equal('refused')
      await until(
        'the evicted broker is replaced',
        async () => {
          const ids = await podIds(platform, 'kafka')
          return ids.length === 3 && ids.filter((id) => before.includes(id)).length === 2
        },
        recoverySeconds,
      )
      await expectInSync()
    })

    it('leaves nothing after destroy when the configuration no longer keeps the data', async () => {
      await platform.up('postgres.keepData=false')
      await platform.stack.destroy()
      expect(await platform.exists()).to.equal(false)
    })
  })
}

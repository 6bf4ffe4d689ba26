import { expect } from 'chai'
import { expectAllStored, expectFlow } from '../docker/expectations.ts'
import { keyOf, Load } from '../docker/load.ts'
import type { Outputs } from '../docker/stack.ts'
import { readingJson } from '../support/http-client.ts'
import { until } from '../support/until.ts'
import './cluster-hooks.ts'
import { ClusterPlatform } from './cluster-platform.ts'
import { isPartOfCi, report, timed } from './measured.ts'
import { isReady, roleOf } from './pod.ts'
import { podIds, replaceOnePod } from './pods.ts'
import { stackKinds } from './stack-kinds.ts'

const services = [
  ...['zookeeper', 'kafka', 'postgres', 'consumer', 'worker', 'producer', 'ingress', 'dashboard'],
].sort()
/** Senders for more than 500 readings a second. */
const senders = 10
/** Time limit until a killed pod is replaced and readings are stored again. */
const recoverySeconds = isPartOfCi ? 240 : 30
/** Time limits of an `up` with images that are present, and of `destroy`. */
const upSeconds = 90
const destroySeconds = 90

for (const kind of stackKinds()) {
  describe(`default platform on Kubernetes, by ${kind.title}`, function () {
    this.timeout(900_000)
    let platform: ClusterPlatform
    let outputs: Outputs

    before(async () => {
      platform = await ClusterPlatform.create(kind)
      outputs = await timed('up, with the build of the images,', () => platform.up())
    })

    after(async () => {
      await platform[Symbol.asyncDispose]()
    })

    const idsOf = async (roles: readonly string[]) =>
      Promise.all(roles.map((role) => podIds(platform, role)))

    it('has one ready pod of each service when up returns', async () => {
      const pods = await platform.pods()
      expect(pods.map(roleOf).sort()).to.deep.equal(services)
      expect(pods.filter((pod) => !isReady(pod))).to.deep.equal([])
    })

    it('stores a reading that it has acknowledged', async () => {
      const reading = { ...readingJson('FIRST'), sequence: 0 }
      const headers = { 'content-type': 'application/json' }
      const request = { method: 'POST', body: JSON.stringify(reading), headers }
      // On a busy machine the first requests may be refused with 503. Clients send them again.
      const isAccepted = async () => (await fetch(platform.eventsUrl, request)).status === 202
      await until('the reading is accepted', isAccepted)
      for (const keys of [platform.account.sent, platform.account.acknowledged]) {
        keys.add(keyOf(reading))
      }
      const isRow = async () => (await platform.sql('select vin from diag')).join() === 'FIRST'
      await until('the reading is stored', isRow)
    })

    it('outputs an address that pods reach, the psql command and its guarantee', async () => {
      const { name } = platform
      const script = `fetch('${outputs.events}').then(({ status }) => console.log(status))`
      const inPod = ['exec', 'deployment/producer', '--', 'node', '-e', script]
      expect(await platform.kubectl(...inPod)).to.equal('200')
      expect(outputs.psql).to.equal(
        `kubectl -n ${name} exec -it postgres-0-0 -- psql -U av_telemetry av_telemetry`,
      )
      expect(outputs.guarantee.slice(0, 2)).to.deep.equal([
        'Acknowledged means stored, exactly once: every reading that is answered with 202 becomes one row, or one dead letter with the reason.',
        'It survives the crash of any process of the platform.',
      ])
    })

    it('has no changes when the configuration is unchanged', async () => {
      const before = await idsOf(services)
      expect(await platform.preview()).to.equal('no changes')
      const again = await timed('up without changes', () => platform.up())
      expect(again).to.deep.equal(outputs)
      expect(await idsOf(services)).to.deep.equal(before)
    })

    it('replaces only the pods that read a changed setting, and refuses no reading meanwhile', async () => {
      // Both check the account.
      const others = services.filter((role) => !['consumer', 'worker'].includes(role))
      const [before, consumers] = [await idsOf(others), await podIds(platform, 'consumer')]
      await using load = new Load(platform)
      await expectFlow(platform)
      await platform.up('consumer.accountCheckHours=2')
      expect(await podIds(platform, 'consumer')).to.not.have.members(consumers)
      expect(await idsOf(others)).to.deep.equal(before)
      await expectFlow(platform)
      await expectAllStored(platform, load)
      if (!isPartOfCi) expect([...load.refusals]).to.deep.equal([])
    })

    it('loses no readings when pods are killed one after another, and continues within 30 s each time', async () => {
      await using load = new Load(platform, senders)
      await expectFlow(platform)
      for (const role of ['consumer', 'kafka', 'producer', 'postgres']) {
        const since = performance.now()
        await timed(`a new pod of ${role}`, () => replaceOnePod(platform, role, recoverySeconds))
        await timed(`then the way to a row`, () => expectFlow(platform))
        expect((performance.now() - since) / 1000, role).to.be.below(recoverySeconds)
      }
      if (!isPartOfCi) expect(load.rate).to.be.greaterThan(500)
      report(`${load.rate.toFixed(0)} readings/s, longest gap ${load.longestGapMs.toFixed(0)} ms`)
      await expectAllStored(platform, load)
      report(`${platform.account.sent.size} readings sent, all stored once`)
    })

    it('leaves nothing after destroy', async () => {
      await timed('destroy', () => platform.stack.destroy(), destroySeconds)
      expect(await platform.exists()).to.equal(false)
    })

    it('starts again when its images are present', async () => {
      await timed('up', () => platform.up(), upSeconds)
      expect(await platform.sql('select count(*) from diag')).to.deep.equal(['0'])
    })
  })
}

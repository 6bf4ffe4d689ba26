import { expect } from 'chai'
import type { PlatformConfig } from '../../../../infra/config/config.ts'
import { toConfig } from '../../../../infra/config/config.ts'
import { Cluster } from '../../../../scripts/targets/kubernetes/cluster.ts'
import { ClusterPlatformUnderTest } from '../../../../scripts/targets/kubernetes/platform-under-test.ts'
import type { RunningPlatform, ServiceState } from '../../../../scripts/targets/target.ts'
import { createRandom } from '../../../../fleet/random.ts'
import { allFaults } from '../../../../scripts/verify/faults/all-faults.ts'
import { workloads } from '../../../../scripts/workload/all-workloads.ts'
import { FakeKubectl } from '../../../support/fake-kubectl.ts'
import { aPod } from './a-cluster.ts'

describe('npm run verify on Kubernetes', () => {
  let kubectl: FakeKubectl
  const config = toConfig({ kafka: { instances: 3 }, consumer: { instances: 2 } })
  const cluster = new Cluster('test', 'av-telemetry')

  beforeEach(() => {
    kubectl = new FakeKubectl()
    for (const to of ['delete ', 'scale ', 'rollout status ']) kubectl.answer({ to, out: '' })
  })

  afterEach(() => {
    kubectl[Symbol.dispose]()
  })

  /** A platform without servers: this test only looks at what is asked of the cluster. */
  const running = (of: PlatformConfig, states: readonly ServiceState[] = []) =>
    ({
      ...{ config: of, serviceStates: () => Promise.resolve(states) },
      kafka: () => Promise.resolve({ brokers: [], topic: 'readings' }),
      pool: () => Promise.resolve({ end: () => Promise.resolve() }),
      bucket: () => Promise.resolve(undefined),
      ingress: () => Promise.resolve({ host: '127.0.0.1', port: 4_711 }),
    }) as unknown as RunningPlatform

  const { signal } = new AbortController()
  const open = (of = config) =>
    ClusterPlatformUnderTest.open(running(of), cluster, { storedBy: 'consumer', signal })

  it('sends to the ingress through a port of this machine', async () => {
    await using platform = await open()
    expect(platform.ingressUrl).to.equal('http://127.0.0.1:4711')
  })

  it('is refused while a service is not ready', async () => {
    const down = { name: 'kafka-1', where: '', state: 'down', reason: null } as const
    const opening = ClusterPlatformUnderTest.open(running(config, [down]), cluster, {
      ...{ storedBy: 'consumer', signal },
    })
    const error: unknown = await opening.catch((reason: unknown) => reason)
    expect(String(error)).to.match(/^UserError: These services are not ready: kafka-1\./)
  })

  it('kills the pod of a server, or one of the pods of a role, and does not force it', async () => {
    await using platform = await open()
    kubectl.list('pods', [
      aPod('kafka-0-0', 'kafka', { instance: 'kafka-0' }),
      aPod('kafka-2-0', 'kafka', { instance: 'kafka-2' }),
    ])
    await platform.kill('kafka-2')
    kubectl.list('pods', [aPod('consumer-a', 'consumer'), aPod('consumer-b', 'consumer')])
    await platform.kill('consumer-1')
    const options = '--grace-period=1 --wait=false --ignore-not-found'
    expect(kubectl.changes()).to.deep.equal([
      `delete pod kafka-2-0 ${options}`,
      `delete pod consumer-b ${options}`,
    ])
  })

  it('kills nothing while the pod ends or is missing', async () => {
    await using platform = await open()
    kubectl.list('pods', [aPod('kafka-2-0', 'kafka', { instance: 'kafka-2', ends: true })])
    await platform.kill('kafka-2')
    expect(kubectl.changes()).to.deep.equal([])
  })

  it('stops a server by scaling it to 0, and waits until it is ready again', async () => {
    await using platform = await open()
    await platform.stop('zookeeper-0')
    await platform.start('zookeeper-0')
    expect(kubectl.changes()).to.deep.equal([
      'scale statefulset/zookeeper-0 --replicas=0',
      'scale statefulset/zookeeper-0 --replicas=1',
      'rollout status statefulset/zookeeper-0 --timeout=180s',
    ])
  })

  it('scales a role to the number of instances that are not stopped, in the order of the calls', async () => {
    await using platform = await open()
    await platform.stop('consumer-0')
    await platform.stop('consumer-1')
    await Promise.all([platform.start('consumer-0'), platform.start('consumer-1')])
    const scaled = kubectl.changes().filter((change) => change.startsWith('scale '))
    expect(scaled).to.deep.equal([
      'scale deployment/consumer --replicas=1',
      'scale deployment/consumer --replicas=0',
      'scale deployment/consumer --replicas=2',
      'scale deployment/consumer --replicas=2',
    ])
  })

  it('has one more replica as the spare instance, which is gone afterwards', async () => {
    const platform = await open()
    expect(platform.spare).to.deep.equal({ name: 'consumer-2', isPartOfPlatform: false })
    expect(platform.services('consumer')).to.deep.equal(['consumer-0', 'consumer-1'])
    await platform.start('consumer-2')
    await platform.stop('kafka-1')
    expect(kubectl.changes()[0]).to.equal('scale deployment/consumer --replicas=3')
    // A fault was interrupted.
    await platform[Symbol.asyncDispose]()
    expect(kubectl.changes()).to.deep.equal([
      'scale statefulset/kafka-1 --replicas=1',
      'scale deployment/consumer --replicas=2',
    ])
  })

  it('gives a reason for each fault that cannot be injected, and injects the others', async () => {
    await using platform = await open()
    const faults = allFaults(workloads.readings())
    const refused = faults.filter((fault) => fault.whyUnavailable?.(platform) !== undefined)
    expect(refused.map(({ name }) => name)).to.deep.equal([
      ...['consumer-pause', 'producer-pause', 'broker-pause'],
      ...['network-cut', 'network-slow', 'full-disk'],
    ])
  })

  it('injects consumer-kill by the cluster', async () => {
    await using platform = await open()
    kubectl.list('pods', [aPod('consumer-a', 'consumer'), aPod('consumer-b', 'consumer')])
    const faults = allFaults(workloads.readings())
    const context = { platform, random: createRandom(1, 0), seconds: 0, isQuick: true, signal }
    await faults.find(({ name }) => name === 'consumer-kill')?.inject(context)
    expect(kubectl.changes()[0]).to.match(/^delete pod consumer-[ab] /)
  })
})

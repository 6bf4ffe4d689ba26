import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { toConfig } from '../../../../infra/config/config.ts'
import { findPlatform } from '../../../../scripts/platform/running-platform.ts'
import type { RunningPlatform } from '../../../../scripts/targets/target.ts'
import type { FakeKubectl } from '../../../support/fake-kubectl.ts'
import { aCluster, aPod, secretOf } from './a-cluster.ts'

describe('the services of a platform on Kubernetes', () => {
  let kubectl: FakeKubectl
  let platform: RunningPlatform

  beforeEach(async () => {
    kubectl = aCluster({ kafka: { instances: 1 }, consumer: { instances: 2 } })
    const found = await findPlatform({ target: 'kubernetes' })
    if (found === undefined) throw new Error('there is no platform')
    platform = found
  })

  afterEach(() => {
    kubectl[Symbol.dispose]()
  })

  const states = async (...pods: readonly object[]) => {
    kubectl.list('pods', pods)
    return new Map((await platform.serviceStates()).map((state) => [state.name, state]))
  }

  it('are those of the topology without vehicles and jobs, and down without a pod', async () => {
    const found = await states(aPod('vehicle-1-0', 'fleet'), aPod('provision-x', 'provision'))
    const { dashboard } = toConfig({})
    expect([...found.keys()].sort()).to.deep.equal(
      [
        ...['postgres-0', 'zookeeper-0', 'kafka-0', 'consumer-0', 'consumer-1', 'producer-0'],
        'worker-0',
        ...['ingress-0', ...(dashboard.instances > 0 ? ['dashboard-0'] : [])],
      ].sort(),
    )
    for (const { state, where, restarts } of found.values()) {
      expect({ state, where, restarts }).to.deep.equal({ state: 'down', where: '', restarts: 0 })
    }
  })

  it('have the pod of their instance, its restarts and its state', async () => {
    const found = await states(
      aPod('kafka-0-0', 'kafka', { instance: 'kafka-0', restarts: 3 }),
      aPod('postgres-0-0', 'postgres', { instance: 'postgres-0', ends: true }),
    )
    expect(found.get('kafka-0')).to.deep.equal({
      ...{ name: 'kafka-0', where: 'kafka-0-0', state: 'ready', reason: null, restarts: 3 },
    })
    expect(found.get('postgres-0')?.state).to.equal('down')
  })

  it('have the ready pods of a role without volumes first, also while new pods start', async () => {
    const found = await states(
      aPod('consumer-new', 'consumer', { ready: false, created: '2026-11-30T09:00:00Z' }),
      aPod('consumer-b', 'consumer', { created: '2026-11-30T08:02:00Z' }),
      aPod('consumer-a', 'consumer', { created: '2026-11-30T08:01:00Z' }),
    )
    const where = ['consumer-0', 'consumer-1'].map((name) => found.get(name)?.where)
    expect(where).to.deep.equal(['consumer-a', 'consumer-b'])
  })

  it('have the reason of the cluster while they are not ready', async () => {
    const unschedulable = '0/1 nodes are available: 1 Insufficient memory.'
    const found = await states(
      aPod('kafka-0-0', 'kafka', { instance: 'kafka-0', ready: false, unschedulable }),
      aPod('postgres-0-0', 'postgres', {
        ...{ instance: 'postgres-0', ready: false },
        waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "postgres"' },
      }),
      aPod('zookeeper-0-0', 'zookeeper', {
        ...{ instance: 'zookeeper-0', ready: false, waiting: { reason: 'CrashLoopBackOff' } },
      }),
    )
    const reasonOf = (name: string) => found.get(name)?.reason
    expect(reasonOf('kafka-0')).to.equal(unschedulable)
    expect(reasonOf('postgres-0')).to.equal('ImagePullBackOff: Back-off pulling image "postgres"')
    expect(reasonOf('zookeeper-0')).to.equal('CrashLoopBackOff')
  })

  it('say themselves why they are not ready, if the cluster knows no reason', async () => {
    const reason = 'Postgres does not answer.'
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? 503 : 404).end(JSON.stringify({ reason }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    kubectl.reach({ 8081: (server.address() as AddressInfo).port })
    const found = await states(aPod('consumer-a', 'consumer', { ready: false }))
    server.close()
    expect(found.get('consumer-0')?.reason).to.equal(reason)
    const [forward] = kubectl.calls().filter(({ args: [verb] }) => verb === 'port-forward')
    expect(forward?.args).to.include('pod/consumer-a')
  })

  it('read passwords from the Secrets of the namespace', async () => {
    kubectl.answer({ to: 'get secret secret-owner', out: secretOf('the password') })
    kubectl.answer({ to: 'get secret secret-gateway' })
    expect(await platform.password()).to.equal('the password')
    // A platform that an earlier version has started has no such token.
    expect(await platform.platformToken()).to.equal(undefined)
    kubectl.answer({ to: 'get secret secret-kafka' })
    const error: unknown = await platform.password('kafka').catch((reason: unknown) => reason)
    expect(String(error)).to.match(
      /^UserError: The namespace av-telemetry has no Secret secret-kafka/,
    )
  })

  it('count vehicles by pods, which are Up when they are ready', async () => {
    kubectl.list('pods', [
      aPod('vehicle-7-0', 'fleet'),
      aPod('vehicle-7-1', 'fleet', { restarts: 2 }),
      aPod('vehicle-7-2', 'fleet', { ready: false, waiting: { reason: 'ErrImagePull' } }),
    ])
    expect(await platform.vehicles()).to.deep.equal([
      { name: 'vehicle-7-0', status: 'Up' },
      { name: 'vehicle-7-1', status: 'Up, 2 restarts' },
      { name: 'vehicle-7-2', status: 'ErrImagePull' },
    ])
  })
})

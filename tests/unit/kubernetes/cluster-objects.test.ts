import { expect } from 'chai'
import { UserError } from '../../../infra/checks/user-error.ts'
import type { Node } from '../../../infra/kubernetes/cluster/cluster-objects.ts'
import {
  namespacesWithServers,
  passwordsIn,
  platformOf,
  toNode,
  toVolumes,
} from '../../../infra/kubernetes/cluster/cluster-objects.ts'

const ready = [{ type: 'Ready', status: 'True' }]

/** A node as the API server describes it. */
function aNode(spec: Node['spec'] = {}, conditions = ready, architecture = 'amd64'): Node {
  const nodeInfo = { operatingSystem: 'linux', architecture }
  return { metadata: { name: 'node-1' }, spec, status: { nodeInfo, conditions } }
}

describe('toNode', () => {
  const obstacleOf = (node: Node) => toNode(node).obstacle

  it('returns the platform of a node that takes pods', () => {
    expect(toNode(aNode())).to.deep.equal({ name: 'node-1', platform: 'linux/amd64' })
  })

  it('says why a node takes no pods', () => {
    expect(obstacleOf(aNode({ unschedulable: true }))).to.equal('is cordoned')
    expect(obstacleOf(aNode({}, [{ type: 'Ready', status: 'Unknown' }]))).to.equal('is not ready')
    expect(obstacleOf(aNode({}, []))).to.equal('is not ready')
    const taint = (effect: string) => ({ taints: [{ key: 'dedicated', value: 'gpu', effect }] })
    expect(obstacleOf(aNode(taint('NoSchedule')))).to.equal(
      'has the taint dedicated=gpu:NoSchedule',
    )
    expect(obstacleOf(aNode(taint('NoExecute')))).to.match(/:NoExecute$/)
    expect(obstacleOf(aNode(taint('PreferNoSchedule')))).to.equal(undefined)
  })
})

describe('platformOf', () => {
  const nodes = (...platforms: readonly string[]) =>
    platforms.map((platform, index) => ({ name: `node-${index}`, platform }))

  it('returns the platform of most nodes, or the first by name if there are as many of others', () => {
    expect(platformOf(nodes('linux/amd64', 'linux/arm64', 'linux/arm64'))).to.equal('linux/arm64')
    expect(platformOf(nodes('linux/arm64', 'linux/amd64'))).to.equal('linux/amd64')
  })

  it('does not count nodes without Linux', () => {
    expect(platformOf(nodes('windows/amd64', 'windows/amd64', 'linux/arm64'))).to.equal(
      'linux/arm64',
    )
  })
})

describe('toVolumes', () => {
  const claim = (name: string, storage: string) => ({
    metadata: { name },
    spec: { storageClassName: 'fast', resources: { requests: { storage } } },
  })

  it('returns server, size and class of a claim', () => {
    const volume = { server: 'kafka-0', gigabytes: 20, storageClass: 'fast' }
    expect(toVolumes(claim('data-kafka-0-0', '20Gi'))).to.deep.equal([volume])
    expect(toVolumes(claim('data-kafka-0-0', '1Ti'))[0]?.gigabytes).to.equal(1024)
    expect(toVolumes(claim('of-another-program', '20Gi'))).to.deep.equal([])
  })
})

describe('passwordsIn', () => {
  const secret = (data: Readonly<Record<string, string>>) => [
    { metadata: { name: 'secret-owner', namespace: 'fleet' }, data },
  ]

  it('returns the passwords by name', () => {
    const data = { secret: Buffer.from('clear').toString('base64') }
    expect(passwordsIn(secret(data))).to.deep.equal({ owner: 'clear' })
  })

  it('refuses a Secret without its key, and an empty one', () => {
    for (const data of [{ other: 'eA==' }, { secret: '' }]) {
      expect(() => passwordsIn(secret(data))).to.throw(
        UserError,
        /^The Secret secret-owner of the namespace fleet has no content under the key "secret"\./,
      )
    }
  })
})

describe('namespacesWithServers', () => {
  it('returns the namespaces in which servers of a platform run, with the stacks that made them', () => {
    const annotations = { 'av-telemetry/stack': 'av-telemetry/dev' }
    const namespaces = ['running', 'destroyed'].map((name) => ({ metadata: { name, annotations } }))
    const labels = { 'app.kubernetes.io/instance': 'kafka-0' }
    const servers = [{ metadata: { name: 'kafka-0', namespace: 'running', labels } }]
    expect(namespacesWithServers(namespaces, servers)).to.deep.equal([
      { name: 'running', stack: 'av-telemetry/dev' },
    ])
  })
})

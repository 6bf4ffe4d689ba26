import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import type { ClusterFacts } from '../../../infra/kubernetes/cluster/ask-cluster.ts'
import { clusterFaults, volumeWarnings } from '../../../infra/kubernetes/cluster/cluster-faults.ts'

const stack = 'av-telemetry/dev'
const amd64 = { name: 'node-1', platform: 'linux/amd64' }
/** Volumes of the default size. */
const volumesOf = (...servers: readonly string[]) =>
  servers.map((server) => ({ server, gigabytes: 20, storageClass: 'standard' }))
const goodCluster: ClusterFacts = {
  context: 'fleet',
  clusterId: 'uid',
  nodes: [amd64],
  storageClasses: [{ name: 'standard', isDefault: true }],
  platforms: [],
  volumes: [],
  passwords: {},
}

/** The faults of settings on a cluster. */
const faultsOf = (settings: readonly string[] = [], facts: Partial<ClusterFacts> = {}) =>
  clusterFaults(
    toConfig({ images: { registry: 'registry.example/fleet' } }, settings),
    { ...goodCluster, ...facts },
    stack,
  )

describe('clusterFaults', () => {
  it('returns nothing for a cluster with a node and a default StorageClass', () => {
    expect(faultsOf()).to.deep.equal([])
  })

  it('asks for a registry', () => {
    expect(faultsOf(['images.registry='])).to.deep.equal([
      'images.registry is empty. The nodes of the cluster pull our images from a registry: set it to one that this machine can push to, for example images.registry=registry.example/fleet.',
    ])
  })

  it('asks for a StorageClass if the cluster has no default one, and lists those it has', () => {
    const [fault, ...others] = faultsOf([], {
      storageClasses: [{ name: 'local-path', isDefault: false }],
    })
    expect(others).to.deep.equal([])
    expect(fault).to.equal(
      'The cluster has no default StorageClass (it has local-path). Name one in kubernetes.storageClass.',
    )
    expect(
      faultsOf(['kubernetes.storageClass=local-path'], {
        storageClasses: [{ name: 'local-path', isDefault: false }],
      }),
    ).to.deep.equal([])
  })

  it('refuses a StorageClass that the cluster does not have', () => {
    const [fault] = faultsOf(['kubernetes.storageClass=fast'])
    expect(fault).to.match(/^kubernetes\.storageClass is fast, .* \(it has standard\)/)
  })

  it('refuses fewer nodes than brokers, unless servers may share a node', () => {
    const three = ['kafka.instances=3', 'kafka.replicationFactor=3']
    const [fault] = faultsOf(three, { nodes: [amd64, amd64] })
    expect(fault).to.match(/^kafka\.instances is 3, but only 2 nodes of the cluster/)
    expect(faultsOf(three, { nodes: [amd64, amd64, amd64] })).to.deep.equal([])
    const shared = [...three, 'kubernetes.oneServerPerNode=false']
    expect(faultsOf(shared, { nodes: [amd64] })).to.deep.equal([])
  })

  it('refuses a namespace of another stack, and one that the platform did not make', () => {
    const faultOf = (owner: string | undefined) => faultsOf([], { namespace: { stack: owner } })[0]
    expect(faultOf(stack)).to.equal(undefined)
    expect(faultOf('av-telemetry/other')).to.match(/belongs to the stack av-telemetry\/other\./)
    expect(faultOf(undefined)).to.match(/exists and was not made by this platform\./)
  })

  it('refuses fewer servers than there is data of', () => {
    const [fault] = faultsOf([], {
      volumes: volumesOf('kafka-0', 'kafka-1', 'kafka-2'),
    })
    expect(fault).to.match(
      /^The namespace av-telemetry has data of 3 kafka servers, but kafka\.instances is 1\./,
    )
  })

  it('refuses to remove the S3 server of a bucket with files', () => {
    const volumes = volumesOf('objects-0')
    expect(faultsOf(['files.enabled=true'], { volumes })).to.deep.equal([])
    expect(faultsOf([], { volumes })[0]).to.match(/has a bucket with files/)
  })

  it('refuses settings that mean a file or an address of this machine', () => {
    const settings = ['worker.hostAddress=192.0.2.1', 'ingress.tls.selfSigned=true']
    const faults = faultsOf(settings)
    expect(faults.map((fault) => fault.split(' ')[0])).to.deep.equal([
      'worker.hostAddress',
      'ingress.tls.selfSigned',
    ])
  })

  it('accepts a certificate for the ingress', () => {
    const tls = ['ingress.tls.certFile=a.pem', 'ingress.tls.keyFile=b.pem']
    expect(faultsOf(tls)).to.deep.equal([])
  })

  it('asks for a port of the nodes with NodePort', () => {
    const settings = ['kubernetes.service=NodePort']
    expect(faultsOf(settings)[0]).to.match(
      /^kubernetes\.service is NodePort, so ingress\.hostPort is a port of the nodes, but it is 5001\. Set it to one from 30000 to 32767/,
    )
    expect(faultsOf([...settings, 'ingress.hostPort=30501'])).to.deep.equal([])
  })

  it('does not count nodes that take no pods of the platform, and names them', () => {
    const three = ['kafka.instances=3', 'kafka.replicationFactor=3']
    const nodes = [
      amd64,
      { name: 'node-2', platform: 'linux/amd64', obstacle: 'is not ready' },
      { name: 'node-3', platform: 'linux/amd64', obstacle: 'has the taint a=b:NoSchedule' },
      { name: 'node-4', platform: 'linux/arm64' },
    ]
    expect(faultsOf(three, { nodes })[0]).to.match(
      /^kafka\.instances is 3, but only one node of the cluster takes pods of the platform \(node-2 is not ready, node-3 has the taint a=b:NoSchedule, node-4 has linux\/arm64\), and/,
    )
  })

  it('refuses a cluster without a node that takes pods', () => {
    const nodes = [{ ...amd64, obstacle: 'is cordoned' }]
    expect(faultsOf(['kubernetes.oneServerPerNode=false'], { nodes })).to.deep.equal([
      'No node of the cluster takes pods of the platform (node-1 is cordoned). Add a node.',
    ])
  })

  it('refuses another namespace while the stack runs in the first one', () => {
    const platforms = [{ name: 'first', stack }]
    expect(faultsOf(['kubernetes.namespace=second'], { platforms })).to.deep.equal([
      'kubernetes.namespace is second, but this stack runs the platform in the namespace first, which would be deleted with its data. Set kubernetes.namespace to first, or destroy the platform first: pulumi destroy',
    ])
    expect(faultsOf(['kubernetes.namespace=first'], { platforms })).to.deep.equal([])
    const others = [{ name: 'first', stack: 'av-telemetry/other' }]
    expect(faultsOf(['kubernetes.namespace=second'], { platforms: others })).to.deep.equal([])
  })

  it('refuses a database without the password of its owner', () => {
    const volumes = volumesOf('postgres-0')
    expect(faultsOf([], { volumes })[0]).to.match(
      /^The namespace av-telemetry has a database, but no Secret secret-owner/,
    )
    expect(faultsOf([], { volumes, passwords: { owner: 'x' } })).to.deep.equal([])
  })
})

describe('volumeWarnings', () => {
  const warningsOf = (settings: readonly string[]) => {
    const volumes = volumesOf('postgres-0', 'kafka-0')
    return volumeWarnings(toConfig({}, settings), { ...goodCluster, volumes })
  }

  it('says that another size and another class have no effect on existing volumes', () => {
    const settings = ['kubernetes.volumeGigabytes=40', 'kubernetes.storageClass=fast']
    expect(warningsOf(settings)).to.deep.equal([
      'Warning: kubernetes.volumeGigabytes=40 has no effect on existing volumes. Those of postgres-0, kafka-0 stay as they are.',
      'Warning: kubernetes.storageClass=fast has no effect on existing volumes. Those of postgres-0, kafka-0 stay as they are.',
    ])
  })

  it('says nothing if the volumes are as configured, or the class is the default one', () => {
    expect(warningsOf([])).to.deep.equal([])
    expect(warningsOf(['kubernetes.storageClass=standard'])).to.deep.equal([])
  })
})

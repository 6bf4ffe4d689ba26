import { expect } from 'chai'
import { addressText } from '../../../infra/topology/addresses.ts'
import { toConfig } from '../../../infra/config/config.ts'
import { hostPortsOf } from '../../../infra/topology/host-ports.ts'
import { zookeeperQuorumPorts } from '../../../infra/topology/roles/zookeeper.ts'
import { aPlacement, largePlatform } from './a-platform.ts'

const portsOf = (tree: object) =>
  hostPortsOf(toConfig(tree)).map(({ holder, port, key }) => `${holder} ${port} ${key}`)

describe('hostPortsOf', () => {
  it('returns the default ports', () => {
    expect(portsOf({})).to.deep.equal([
      'postgres-0 54321 postgres.hostPort',
      'zookeeper-0 2181 zookeeper.hostPort',
      'kafka-0 9092 kafka.hostPort',
      'ingress-0 5001 ingress.hostPort',
      'producer-0 5101 producer.hostPort',
      'producer-0 5301 producer.opsHostPort',
      'consumer-0 5401 consumer.opsHostPort',
      'worker-0 5601 worker.opsHostPort',
      'dashboard-0 5002 dashboard.hostPort',
      'dashboard-0 5501 dashboard.opsHostPort',
    ])
  })

  it('leaves out the port behind the ingress if one producer listens at its address', () => {
    const ports = (instances: number) =>
      hostPortsOf(toConfig({ producer: { instances } }), 'processes').map(({ port }) => port)
    expect(ports(1)).to.include(5001).and.not.to.include(5101)
    expect(ports(2)).to.include.members([5001, 5101, 5102])
  })

  it('returns the ports of every instance and two quorum ports for each of several ZooKeeper servers', () => {
    const ports = portsOf(largePlatform)
    expect(ports.filter((line) => line.startsWith('zookeeper'))).to.deep.equal([
      'zookeeper-0 2181 zookeeper.hostPort',
      'zookeeper-1 2182 zookeeper.hostPort',
      'zookeeper-2 2183 zookeeper.hostPort',
      'zookeeper-0 2281 zookeeper.hostPort',
      'zookeeper-0 2381 zookeeper.hostPort',
      'zookeeper-1 2282 zookeeper.hostPort',
      'zookeeper-1 2382 zookeeper.hostPort',
      'zookeeper-2 2283 zookeeper.hostPort',
      'zookeeper-2 2383 zookeeper.hostPort',
    ])
    expect(ports).to.include('consumer-3 5404 consumer.opsHostPort')
    expect(ports).to.include('producer-1 5302 producer.opsHostPort')
    expect(ports.length).to.equal(1 + 9 + 3 + 1 + 2 + 2 + 4 + 1 + 2)
  })

  it('matches the peer and election ports of ZooKeeper', () => {
    expect(zookeeperQuorumPorts(2181)).to.deep.equal({ peer: 2281, election: 2381 })
  })
})

describe('local placement', () => {
  it('listens on loopback, except the ingress, which uses the configured address', () => {
    const placement = aPlacement(toConfig(largePlatform))
    expect(placement.listen('kafka', 2, 'main')).to.deep.equal({ host: '127.0.0.1', port: 9094 })
    expect(placement.listen('producer', 1, 'main')).to.deep.equal({ host: '127.0.0.1', port: 5102 })
    expect(placement.listen('producer', 1, 'ops')).to.deep.equal({ host: '127.0.0.1', port: 5302 })
    expect(placement.listen('consumer', 3, 'ops')).to.deep.equal({ host: '127.0.0.1', port: 5404 })
    expect(placement.listen('ingress', 0, 'main')).to.deep.equal({ host: '0.0.0.0', port: 5001 })
  })

  for (const [hostAddress, reached] of [
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
    ['127.0.0.1', '127.0.0.1'],
    ['192.0.2.7', '192.0.2.7'],
  ] as const) {
    it(`reaches an ingress that listens on ${hostAddress} at ${reached}`, () => {
      const placement = aPlacement(toConfig({ ingress: { hostAddress } }))
      expect(placement.reach('ingress', 0, 'main')).to.deep.equal({ host: reached, port: 5001 })
      expect(placement.listen('ingress', 0, 'main').host).to.equal(hostAddress)
    })
  }

  it('throws for a port that a service does not have', () => {
    const placement = aPlacement()
    expect(() => placement.listen('fleet', 0, 'main')).to.throw('fleet has no port main')
    expect(() => placement.reach('provision', 0, 'ops')).to.throw('provision has no port ops')
  })

  it('keeps secrets and data in the state folder, with a separate folder for each instance', () => {
    const placement = aPlacement()
    expect(placement.secretFile('writer')).to.equal('/state/secrets/writer')
    expect(placement.dataFile('kafka', 2, 'data')).to.equal('/state/data/kafka-2/data')
    const token = { name: 'token', path: '/run/token', kind: 'secret' } as const
    expect(placement.userFile(token)).to.equal('/run/token')
  })
})

describe('addressText', () => {
  it('puts brackets around an IPv6 host', () => {
    expect(addressText({ host: '127.0.0.1', port: 1 })).to.equal('127.0.0.1:1')
    expect(addressText({ host: '::1', port: 1 })).to.equal('[::1]:1')
  })
})

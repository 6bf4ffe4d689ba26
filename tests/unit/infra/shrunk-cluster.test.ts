import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { shrunkClusterFaults } from '../../../infra/checks/shrunk-cluster.ts'

const faultsOf = (names: readonly string[], tree: object = {}) =>
  shrunkClusterFaults(toConfig(tree), { names, holder: 'The state', startEmpty: 'start empty' })

const threeOfEach = {
  zookeeper: { instances: 3 },
  kafka: { instances: 3, replicationFactor: 3, minInsyncReplicas: 2 },
}

describe('shrunkClusterFaults', () => {
  it('returns nothing when the state has no more servers than configured', () => {
    const oneOfEach = ['kafka-0', 'zookeeper-0', 'postgres-0']
    expect([faultsOf([]), faultsOf(oneOfEach), faultsOf(oneOfEach, threeOfEach)]).to.deep.equal([
      [],
      [],
      [],
    ])
  })

  it('returns one error for each role with the count found and the remedy', () => {
    const kafka = ['kafka-0', 'kafka-1', 'kafka-2']
    const zookeeper = ['zookeeper-0', 'zookeeper-1', 'zookeeper-2']
    expect(faultsOf([...kafka, ...zookeeper])).to.deep.equal([
      'The state has data of 3 kafka servers, but kafka.instances is 1. Set it to 3, or start empty.',
      'The state has data of 3 zookeeper servers, but zookeeper.instances is 1. Set it to 3, or start empty.',
    ])
  })

  it('counts servers by the highest index, even when lower ones are missing', () => {
    expect(faultsOf(['kafka-10', 'kafka-2', 'zookeeper-0'], threeOfEach)).to.deep.equal([
      'The state has data of 11 kafka servers, but kafka.instances is 3. Set it to 11, or start empty.',
    ])
  })

  it('suggests the next odd number when two ZooKeeper servers are found', () => {
    expect(faultsOf(['zookeeper-0', 'zookeeper-1'])).to.deep.equal([
      'The state has data of 2 zookeeper servers, but zookeeper.instances is 1. Set it to 3, or start empty.',
    ])
  })

  it('ignores names that only resemble server names', () => {
    const others = ['kafka-old-3', 'my-kafka-3', 'consumer-3', 'kafka', 'roads']
    expect(faultsOf(others)).to.deep.equal([])
  })

  describe('with kafka.external', () => {
    const external = { brokers: ['a:9092'] }
    const own = ['kafka-0', 'zookeeper-0', 'postgres-0']

    it('refuses a state with a Kafka of ours, because its readings may not be stored yet', () => {
      expect(faultsOf(own, { kafka: { external } })).to.deep.equal([
        'The state has data of a Kafka of the platform, but kafka.external.brokers names another one. Readings that are only in that data would not be stored. Start without kafka.external until npm run status shows a lag of 0, then set kafka.external.ignoreOwnData to true (docs/external-kafka.md).',
      ])
    })

    it('accepts such a state if the user says that all its readings are stored', () => {
      const stored = { ...external, ignoreOwnData: true }
      expect(faultsOf(own, { kafka: { external: stored } })).to.deep.equal([])
    })

    it('accepts a state without a Kafka of ours', () => {
      expect(faultsOf(['postgres-0'], { kafka: { external } })).to.deep.equal([])
    })
  })
})

import { expect } from 'chai'
import type {
  PartitionReplicas,
  ReplicaState,
} from '../../../services/adapters/kafka/plan-replicas.ts'
import {
  missingBrokers,
  minInSyncReplicas,
  planAddedReplicas,
  planReplicas,
  partitionsNotInSync,
  withMoves,
} from '../../../services/adapters/kafka/plan-replicas.ts'

/** A partition on brokers; the first broker is the leader. By default all are in sync. */
function on(
  partition: number,
  replicas: readonly number[],
  more: Partial<PartitionReplicas> = {},
): PartitionReplicas {
  return { partition, leader: replicas[0]!, replicas, inSync: replicas, isMoving: false, ...more }
}

const three = [0, 1, 2]

describe('planReplicas', () => {
  it('returns no move if the number of replicas is right', () => {
    const state = { brokers: three, partitions: [on(0, [0, 1]), on(1, [2, 0])] }
    expect(planReplicas(state, 2)).to.deep.equal([])
  })

  it('adds the brokers with the fewest replicas, and keeps the leader first', () => {
    const state = { brokers: three, partitions: [on(0, [0]), on(1, [0]), on(2, [0])] }
    expect(planReplicas(state, 2)).to.deep.equal([
      { partition: 0, replicas: [0, 1] },
      { partition: 1, replicas: [0, 2] },
      { partition: 2, replicas: [0, 1] },
    ])
  })

  it('adds at most as many replicas as there are brokers', () => {
    const state = { brokers: [0, 1], partitions: [on(0, [1])] }
    expect(planReplicas(state, 3)).to.deep.equal([{ partition: 0, replicas: [1, 0] }])
    expect(planReplicas({ brokers: [0, 1], partitions: [on(0, [1, 0])] }, 3)).to.deep.equal([])
  })

  it('removes replicas on missing brokers, then replicas that are not in sync, and never the leader', () => {
    const missingAndBehind = on(0, [2, 9, 1, 0], { inSync: [2, 0] })
    const plan = (factor: number) =>
      planReplicas({ brokers: three, partitions: [missingAndBehind] }, factor)[0]?.replicas
    expect(plan(3)).to.deep.equal([2, 0, 1])
    expect(plan(2)).to.deep.equal([2, 0])
    expect(plan(1)).to.deep.equal([2])
  })

  it('returns no move for a partition whose leader is missing', () => {
    const state = { brokers: [0, 1], partitions: [on(0, [2]), on(1, [0, 1], { leader: -1 })] }
    expect(planReplicas(state, 2)).to.deep.equal([])
    expect(planReplicas(state, 1)).to.deep.equal([])
  })
})

describe('planMoreReplicas', () => {
  it('never removes replicas', () => {
    const state = { brokers: three, partitions: [on(0, three), on(1, [1])] }
    expect(planAddedReplicas(state, 2)).to.deep.equal([{ partition: 1, replicas: [1, 2] }])
  })
})

describe('withMoves', () => {
  const moves = [
    { partition: 0, replicas: [0, 1] },
    { partition: 1, replicas: [0, 2] },
    { partition: 2, replicas: [0, 1] },
  ]

  it('adds accepted moves that Kafka does not report yet, so that they are not planned again', () => {
    const shown = [on(0, [0]), on(1, [0, 2]), on(2, [0, 1], { inSync: [0], isMoving: true })]
    const state = withMoves({ brokers: three, partitions: [...shown, on(3, [2])] }, moves)
    const [first, ...others] = state.partitions
    expect(first).to.deep.equal(on(0, [0, 1], { inSync: [0], isMoving: true }))
    expect(others).to.deep.equal([...shown.slice(1), on(3, [2])])
    expect(planReplicas(state, 2).map(({ partition }) => partition)).to.deep.equal([3])
    expect(partitionsNotInSync(state)).to.deep.equal([0, 2])
  })

  it('ignores the order of brokers, and uses the latest move of a partition', () => {
    const state = { brokers: three, partitions: [on(0, [1, 0, 2])] }
    expect(withMoves(state, [moves[0]!, { partition: 0, replicas: three }])).to.deep.equal(state)
  })
})

describe('ReplicaState', () => {
  const state: ReplicaState = {
    brokers: [0, 1],
    partitions: [
      on(0, [0, 1]),
      on(1, [0, 1], { inSync: [0] }),
      on(2, [0, 2], { inSync: [0] }),
      on(3, [0, 1], { isMoving: true }),
    ],
  }

  it('partitionsNotInSync returns partitions that are moving or that an available broker is not in sync with', () => {
    expect(partitionsNotInSync(state)).to.deep.equal([1, 3])
  })

  it('missingBrokers returns brokers that have replicas but are not registered', () => {
    expect(missingBrokers(state)).to.deep.equal([2])
  })

  it('minInSyncReplicas returns the number of in-sync replicas of the partition with the fewest', () => {
    expect(minInSyncReplicas(state)).to.equal(1)
  })
})

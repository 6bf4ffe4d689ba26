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

/** A partition on brokers, the first of which leads it; all in sync unless it says otherwise. */
function on(
  partition: number,
  replicas: readonly number[],
  more: Partial<PartitionReplicas> = {},
): PartitionReplicas {
  return { partition, leader: replicas[0]!, replicas, inSync: replicas, isMoving: false, ...more }
}

const three = [0, 1, 2]

describe('planReplicas', () => {
  it('asks for nothing where the number is right', () => {
    const state = { brokers: three, partitions: [on(0, [0, 1]), on(1, [2, 0])] }
    expect(planReplicas(state, 2)).to.deep.equal([])
  })

  it('adds brokers that have the fewest, and keeps the leader first', () => {
    const state = { brokers: three, partitions: [on(0, [0]), on(1, [0]), on(2, [0])] }
    expect(planReplicas(state, 2)).to.deep.equal([
      { partition: 0, replicas: [0, 1] },
      { partition: 1, replicas: [0, 2] },
      { partition: 2, replicas: [0, 1] },
    ])
  })

  it('adds as many as there are brokers, where more are wanted', () => {
    const state = { brokers: [0, 1], partitions: [on(0, [1])] }
    expect(planReplicas(state, 3)).to.deep.equal([{ partition: 0, replicas: [1, 0] }])
    expect(planReplicas({ brokers: [0, 1], partitions: [on(0, [1, 0])] }, 3)).to.deep.equal([])
  })

  it('takes away what is away, then what lags behind, and never the leader', () => {
    const awayAndBehind = on(0, [2, 9, 1, 0], { inSync: [2, 0] })
    const plan = (factor: number) =>
      planReplicas({ brokers: three, partitions: [awayAndBehind] }, factor)[0]?.replicas
    expect(plan(3)).to.deep.equal([2, 0, 1])
    expect(plan(2)).to.deep.equal([2, 0])
    expect(plan(1)).to.deep.equal([2])
  })

  it('leaves a partition alone whose leader is away', () => {
    const state = { brokers: [0, 1], partitions: [on(0, [2]), on(1, [0, 1], { leader: -1 })] }
    expect(planReplicas(state, 2)).to.deep.equal([])
    expect(planReplicas(state, 1)).to.deep.equal([])
  })
})

describe('planMoreReplicas', () => {
  it('takes nothing away', () => {
    const state = { brokers: three, partitions: [on(0, three), on(1, [1])] }
    expect(planAddedReplicas(state, 2)).to.deep.equal([{ partition: 1, replicas: [1, 2] }])
  })
})

describe('moves that Kafka has taken', () => {
  const moves = [
    { partition: 0, replicas: [0, 1] },
    { partition: 1, replicas: [0, 2] },
    { partition: 2, replicas: [0, 1] },
  ]

  it('count where they are not shown, and are not asked for again', () => {
    const shown = [on(0, [0]), on(1, [0, 2]), on(2, [0, 1], { inSync: [0], isMoving: true })]
    const state = withMoves({ brokers: three, partitions: [...shown, on(3, [2])] }, moves)
    const [first, ...others] = state.partitions
    expect(first).to.deep.equal(on(0, [0, 1], { inSync: [0], isMoving: true }))
    expect(others).to.deep.equal([...shown.slice(1), on(3, [2])])
    expect(planReplicas(state, 2).map(({ partition }) => partition)).to.deep.equal([3])
    expect(partitionsNotInSync(state)).to.deep.equal([0, 2])
  })

  it('are shown in whatever order of brokers, and the latest of a partition counts', () => {
    const state = { brokers: three, partitions: [on(0, [1, 0, 2])] }
    expect(withMoves(state, [moves[0]!, { partition: 0, replicas: three }])).to.deep.equal(state)
  })
})

describe('the state of replicas', () => {
  const state: ReplicaState = {
    brokers: [0, 1],
    partitions: [
      on(0, [0, 1]),
      on(1, [0, 1], { inSync: [0] }),
      on(2, [0, 2], { inSync: [0] }),
      on(3, [0, 1], { isMoving: true }),
    ],
  }

  it('names partitions that are copied, or that a broker which is there lacks a part of', () => {
    expect(partitionsNotInSync(state)).to.deep.equal([1, 3])
  })

  it('names brokers that hold replicas and are not there', () => {
    expect(missingBrokers(state)).to.deep.equal([2])
  })

  it('counts the replicas in sync of the partition that has the fewest', () => {
    expect(minInSyncReplicas(state)).to.equal(1)
  })
})

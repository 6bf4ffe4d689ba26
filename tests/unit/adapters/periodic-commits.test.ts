import { expect } from 'chai'
import { PeriodicCommits } from '../../../services/adapters/kafka/periodic-commits.ts'

describe('LazyCommits', () => {
  let told: string[]
  let isAway: boolean
  beforeEach(() => {
    told = []
    isAway = false
  })

  /** A batch of a partition under way, through which the group is told. */
  const sessionOf = (partition: number) => ({
    batch: { topic: 'events', partition },
    commitOffsetsIfNecessary: (
      offsets: { topics: { partitions: { partition: number; offset: string }[] }[] } = {
        topics: [],
      },
    ): Promise<void> => {
      if (isAway) return Promise.reject(new Error('away'))
      const partitions = offsets.topics.flatMap((topic) => topic.partitions)
      told.push(partitions.map((each) => `${each.partition}:${each.offset}`).join(' '))
      return Promise.resolve()
    },
  })

  it('tell all partitions at once, each where it is by now, and nothing twice', async () => {
    await using commits = new PeriodicCommits(true)
    commits.setOffset(sessionOf(0), 5)
    commits.setOffset(sessionOf(1), 7)
    commits.setOffset(sessionOf(0), 9)
    expect(told).to.deep.equal([])
    await commits.commit()
    await commits.commit()
    expect(told).to.deep.equal(['0:9 1:7'])
  })

  it('tell again what could not be told, unless the partition has gone on', async () => {
    await using commits = new PeriodicCommits(true)
    commits.setOffset(sessionOf(0), 5)
    commits.setOffset(sessionOf(1), 7)
    isAway = true
    const failing = commits.commit()
    commits.setOffset(sessionOf(1), 8)
    await failing
    isAway = false
    await commits.commit()
    expect(told).to.deep.equal(['1:8 0:5'])
  })

  it('tell nothing of before a join, not even what could not be told then', async () => {
    await using commits = new PeriodicCommits(true)
    commits.setOffset(sessionOf(0), 5)
    commits.clear()
    await commits.commit()
    commits.setOffset(sessionOf(0), 6)
    isAway = true
    const failing = commits.commit()
    commits.clear()
    await failing
    isAway = false
    await commits.commit()
    expect(told).to.deep.equal([])
  })

  it('tell the rest when they end', async () => {
    const commits = new PeriodicCommits(true)
    commits.setOffset(sessionOf(2), 3)
    await commits[Symbol.asyncDispose]()
    expect(told).to.deep.equal(['2:3'])
  })

  it('tell nothing where the group is not to be told', async () => {
    const commits = new PeriodicCommits(false)
    commits.setOffset(sessionOf(2), 3)
    await commits[Symbol.asyncDispose]()
    expect(told).to.deep.equal([])
  })
})

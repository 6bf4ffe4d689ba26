import { expect } from 'chai'
import { PeriodicCommits } from '../../../services/adapters/kafka/periodic-commits.ts'

describe('PeriodicCommits', () => {
  let committed: string[]
  let isAway: boolean
  beforeEach(() => {
    committed = []
    isAway = false
  })

  /** A running batch of a partition, through which offsets are committed. */
  const sessionOf = (partition: number) => ({
    batch: { topic: 'events', partition },
    commitOffsetsIfNecessary: (
      offsets: { topics: { partitions: { partition: number; offset: string }[] }[] } = {
        topics: [],
      },
    ): Promise<void> => {
      if (isAway) return Promise.reject(new Error('away'))
      const partitions = offsets.topics.flatMap((topic) => topic.partitions)
      committed.push(partitions.map((each) => `${each.partition}:${each.offset}`).join(' '))
      return Promise.resolve()
    },
  })

  it('commits the latest offset of all partitions in one request, and no offset twice', async () => {
    await using commits = new PeriodicCommits(true)
    commits.setOffset(sessionOf(0), 5)
    commits.setOffset(sessionOf(1), 7)
    commits.setOffset(sessionOf(0), 9)
    expect(committed).to.deep.equal([])
    await commits.commit()
    await commits.commit()
    expect(committed).to.deep.equal(['0:9 1:7'])
  })

  it('repeats a failed commit, with newer offsets if there are any', async () => {
    await using commits = new PeriodicCommits(true)
    commits.setOffset(sessionOf(0), 5)
    commits.setOffset(sessionOf(1), 7)
    isAway = true
    const failing = commits.commit()
    commits.setOffset(sessionOf(1), 8)
    await failing
    isAway = false
    await commits.commit()
    expect(committed).to.deep.equal(['1:8 0:5'])
  })

  it('drops offsets from before a join, also those of a failed commit', async () => {
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
    expect(committed).to.deep.equal([])
  })

  it('commits the remaining offsets when it is disposed', async () => {
    const commits = new PeriodicCommits(true)
    commits.setOffset(sessionOf(2), 3)
    await commits[Symbol.asyncDispose]()
    expect(committed).to.deep.equal(['2:3'])
  })

  it('commits nothing if it is disabled', async () => {
    const commits = new PeriodicCommits(false)
    commits.setOffset(sessionOf(2), 3)
    await commits[Symbol.asyncDispose]()
    expect(committed).to.deep.equal([])
  })
})

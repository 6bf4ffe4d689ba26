import { setImmediate } from 'node:timers/promises'
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
    await using commits = new PeriodicCommits()
    commits.setOffset(sessionOf(0), 5, 1)
    commits.setOffset(sessionOf(1), 7, 1)
    commits.setOffset(sessionOf(0), 9, 1)
    expect(committed).to.deep.equal([])
    await commits.commit()
    await commits.commit()
    expect(committed).to.deep.equal(['0:9 1:7'])
  })

  it('repeats a failed commit, with newer offsets if there are any', async () => {
    await using commits = new PeriodicCommits()
    commits.setOffset(sessionOf(0), 5, 1)
    commits.setOffset(sessionOf(1), 7, 1)
    isAway = true
    const failing = commits.commit()
    commits.setOffset(sessionOf(1), 8, 1)
    await failing
    isAway = false
    await commits.commit()
    expect(committed).to.deep.equal(['1:8 0:5'])
  })

  it('drops offsets from before a join, also those of a failed commit', async () => {
    await using commits = new PeriodicCommits()
    commits.setOffset(sessionOf(0), 5, 1)
    commits.clear()
    await commits.commit()
    commits.setOffset(sessionOf(0), 6, 1)
    isAway = true
    const failing = commits.commit()
    commits.clear()
    await failing
    isAway = false
    await commits.commit()
    expect(committed).to.deep.equal([])
  })

  it('commits the remaining offsets when it is disposed', async () => {
    const commits = new PeriodicCommits()
    commits.setOffset(sessionOf(2), 3, 1)
    await commits[Symbol.asyncDispose]()
    expect(committed).to.deep.equal(['2:3'])
  })

  it('commits nothing if it is disabled', async () => {
    const commits = new PeriodicCommits({ commits: false })
    commits.setOffset(sessionOf(2), 3, 1)
    await commits[Symbol.asyncDispose]()
    expect(committed).to.deep.equal([])
  })

  describe('with a number of records', () => {
    it('commits when so many records are settled, also over several partitions, and counts again', async () => {
      await using commits = new PeriodicCommits({ commitEvery: 10 })
      commits.setOffset(sessionOf(0), 6, 6)
      commits.setOffset(sessionOf(1), 3, 3)
      expect(committed).to.deep.equal([])
      commits.setOffset(sessionOf(0), 7, 1)
      await setImmediate()
      expect(committed).to.deep.equal(['0:7 1:3'])
      commits.setOffset(sessionOf(1), 12, 9)
      await setImmediate()
      expect(committed).to.deep.equal(['0:7 1:3'])
    })

    it('has one commit in progress at a time, and commits what became due meanwhile', async () => {
      await using commits = new PeriodicCommits({ commitEvery: 2 })
      for (let offset = 1; offset <= 7; offset += 1) commits.setOffset(sessionOf(0), offset, 1)
      expect(committed).to.deep.equal(['0:2'])
      await setImmediate()
      expect(committed).to.deep.equal(['0:2', '0:7'])
    })

    it('repeats a failed commit when the next record is settled', async () => {
      await using commits = new PeriodicCommits({ commitEvery: 2 })
      isAway = true
      commits.setOffset(sessionOf(0), 2, 2)
      await setImmediate()
      isAway = false
      expect(committed).to.deep.equal([])
      commits.setOffset(sessionOf(1), 1, 1)
      await setImmediate()
      expect(committed).to.deep.equal(['0:2 1:1'])
    })

    it('does not count records from before a join', async () => {
      const commits = new PeriodicCommits({ commitEvery: 3 })
      commits.setOffset(sessionOf(0), 2, 2)
      commits.clear()
      commits.setOffset(sessionOf(0), 3, 1)
      await setImmediate()
      expect(committed).to.deep.equal([])
      await commits[Symbol.asyncDispose]()
      expect(committed).to.deep.equal(['0:3'])
    })
  })
})

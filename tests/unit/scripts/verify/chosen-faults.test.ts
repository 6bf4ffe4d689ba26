import { expect } from 'chai'
import { allFaults, chosenFaults } from '../../../../scripts/verify/faults/all-faults.ts'

const names = (text: string): string[] => chosenFaults(text).map(({ name }) => name)

describe('the faults that a person asks for', () => {
  it('are those named, in the order of the table', () => {
    expect(names('poison, consumer-kill')).to.deep.equal(['consumer-kill', 'poison'])
  })

  it('are all by all', () => {
    expect(names('all')).to.deep.equal(allFaults().map(({ name }) => name))
    expect(new Set(names('all')).size).to.equal(21)
  })

  it('are told from unknown ones in one sentence with the known names', () => {
    expect(() => chosenFaults('consumer-kill,meteor')).to.throw(
      'There is no fault meteor; known: all, consumer-kill, producer-kill, broker-kill, zookeeper-stop, postgres-kill, postgres-stop, consumer-pause, producer-pause, broker-pause, rebalance, terminate, postgres-cut, network-cut, network-slow, full-disk, poison, twice, disconnect, offline, clock, mixed.',
    )
  })
})

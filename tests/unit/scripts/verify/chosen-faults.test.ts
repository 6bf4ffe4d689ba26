import { expect } from 'chai'
import { allFaults, chosenFaults } from '../../../../scripts/verify/faults/all-faults.ts'
import { workloads } from '../../../../scripts/workload/all-workloads.ts'

const readings = workloads.readings()

const names = (text: string | undefined, isQuick = false): string[] =>
  chosenFaults(text, isQuick, readings).map(({ name }) => name)

describe('chosenFaults', () => {
  it('returns the named faults in the order of the result table', () => {
    expect(names('poison, consumer-kill')).to.deep.equal(['consumer-kill', 'poison'])
  })

  it('returns all faults for "all" and without names', () => {
    expect(names('all')).to.deep.equal(allFaults(readings).map(({ name }) => name))
    expect(new Set(names('all')).size).to.equal(21)
    expect(names(undefined)).to.deep.equal(names('all'))
  })

  it('leaves out the long faults for --quick without names', () => {
    const longFaults = ['consumer-pause', 'producer-pause', 'broker-pause', 'mixed']
    const quick = names('all').filter((name) => !longFaults.includes(name))
    expect(names(undefined, true)).to.deep.equal(quick)
    expect(names('mixed,clock', true)).to.deep.equal(['clock', 'mixed'])
  })

  it('rejects an unknown name with the list of known names', () => {
    expect(() => chosenFaults('consumer-kill,meteor', false, readings)).to.throw(
      'Unknown fault: meteor. Known faults: all, consumer-kill, producer-kill, broker-kill, zookeeper-stop, postgres-kill, postgres-stop, consumer-pause, producer-pause, broker-pause, rebalance, terminate, postgres-cut, network-cut, network-slow, full-disk, poison, twice, disconnect, offline, clock, mixed.',
    )
  })
})

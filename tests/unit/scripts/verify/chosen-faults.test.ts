import { expect } from 'chai'
import { allFaults, chosenFaults } from '../../../../scripts/verify/faults/all-faults.ts'
import { workloads } from '../../../../scripts/workload/all-workloads.ts'

const readings = workloads.readings()

const names = (text: string | undefined, isQuick = false): string[] =>
  chosenFaults(text, isQuick, readings).map(({ name }) => name)

describe('the faults that a person asks for', () => {
  it('are those named, in the order of the table', () => {
    expect(names('poison, consumer-kill')).to.deep.equal(['consumer-kill', 'poison'])
  })

  it('are all by all', () => {
    expect(names('all')).to.deep.equal(allFaults(readings).map(({ name }) => name))
    expect(new Set(names('all')).size).to.equal(21)
    expect(names(undefined)).to.deep.equal(names('all'))
  })

  it('are those that take no patience where nothing but --quick is said', () => {
    const patient = ['consumer-pause', 'producer-pause', 'broker-pause', 'mixed']
    const quick = names('all').filter((name) => !patient.includes(name))
    expect(names(undefined, true)).to.deep.equal(quick)
    expect(names('mixed,clock', true)).to.deep.equal(['clock', 'mixed'])
  })

  it('are told from unknown ones in one sentence with the known names', () => {
    expect(() => chosenFaults('consumer-kill,meteor', false, readings)).to.throw(
      'Unknown fault: meteor. Known faults: all, consumer-kill, producer-kill, broker-kill, zookeeper-stop, postgres-kill, postgres-stop, consumer-pause, producer-pause, broker-pause, rebalance, terminate, postgres-cut, network-cut, network-slow, full-disk, poison, twice, disconnect, offline, clock, mixed.',
    )
  })
})

import { expect } from 'chai'
import { chosenFaults } from '../../../../scripts/verify/faults/all-faults.ts'
import type { Fault } from '../../../../scripts/verify/faults/fault.ts'
import { verdictsToJson, formatVerdictTable } from '../../../../scripts/verify/report.ts'
import { isPromiseKept, runFault } from '../../../../scripts/verify/run-fault.ts'
import type { Verdict } from '../../../../scripts/verify/run-fault.ts'
import type { PlatformUnderTest } from '../../../../scripts/verify/platform-under-test.ts'
import type {
  SendingPlan,
  Judgement,
  Progress,
  Workload,
} from '../../../../scripts/workload/workload.ts'

const everyMs = 10

/** Sends increasing numbers and keeps them in a list instead of a platform. */
class CountingWorkload implements Workload {
  readonly unit = 'numbers'
  readonly faults: readonly Fault[] = [
    this.#fault('calm', () => undefined),
    this.#fault('forgetful', () => {
      this.#stored.shift()
      this.#stored.push(this.#count)
    }),
  ]
  rate = 0
  /** The numbers from 1 to this one are acknowledged. */
  #count = 0
  #stored: number[] = []
  #timer: NodeJS.Timeout | undefined

  #fault(name: string, act: () => void): Fault {
    const inject = (): Promise<void> => {
      act()
      return Promise.resolve()
    }
    return { name, description: name, touches: ['clients'], inject }
  }

  begin(_: unknown, { rate }: Pick<SendingPlan, 'rate'>): Promise<void> {
    this.rate = rate
    this.#count = 0
    this.#stored = []
    const since = Date.now()
    this.#timer = setInterval(() => {
      const due = ((Date.now() - since) * rate) / 1000
      while (this.#count < due) this.#stored.push((this.#count += 1))
    }, everyMs)
    return Promise.resolve()
  }

  progress(): Promise<Progress> {
    const lanes = [this.#count]
    return Promise.resolve({ acknowledged: this.#count, ends: lanes, settled: lanes })
  }

  async stop(): Promise<readonly string[]> {
    await this[Symbol.asyncDispose]()
    return []
  }

  judge(): Promise<Judgement> {
    const found = new Set(this.#stored)
    const lost = this.#count - found.size
    return Promise.resolve({
      acknowledged: this.#count,
      stored: found.size,
      lost,
      duplicateRows: this.#stored.length - found.size,
      refused: 0,
      ledgerBalanced: this.#stored.length === this.#count,
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    return Promise.resolve()
  }
}

/** The faults of this workload do not use the platform. */
const platform = {} as PlatformUnderTest

async function runOne(workload: Workload, name: string): Promise<Verdict> {
  const [fault] = chosenFaults(name, true, workload)
  if (fault === undefined) throw new Error(`there is no fault ${name}`)
  const { signal } = new AbortController()
  const pace = { rate: 100, seconds: 0, isQuick: true, random: () => 0 }
  return runFault(fault, { platform, workload, ...pace, signal })
}

describe('runFault with a workload other than readings', function () {
  this.timeout(30_000)

  it('judges and reports each fault only by the account of that workload', async () => {
    await using workload = new CountingWorkload()
    const verdicts: Verdict[] = []
    for (const name of ['calm', 'forgetful']) verdicts.push(await runOne(workload, name))
    const figures = verdicts.map((verdict) => {
      if (verdict.kind === 'not-injected') throw new Error('it was not injected')
      const { fault, lost, duplicateRows, ledgerBalanced, acknowledged, stored, failures } = verdict
      expect(acknowledged).to.be.greaterThan(100)
      expect(acknowledged - stored).to.equal(lost)
      return { fault, lost, duplicateRows, ledgerBalanced, failures }
    })
    const none = { lost: 0, duplicateRows: 0, ledgerBalanced: true, failures: [] }
    expect(figures).to.deep.equal([
      { ...none, fault: 'calm' },
      { ...none, fault: 'forgetful', lost: 1, duplicateRows: 1 },
    ])
    expect(verdicts.map(isPromiseKept)).to.deep.equal([true, false])
    expect(formatVerdictTable(verdicts)).to.match(
      /^forgetful +\| \d+ +\| \d+ +\| 1 +\| 1 .*\| yes *$/m,
    )
    const { faults } = JSON.parse(verdictsToJson(1, verdicts)) as { faults: { lost: number }[] }
    expect(faults.map(({ lost }) => lost)).to.deep.equal([0, 1])
  })

  it('has the faults of the platform for every workload, and the faults of readings only for readings', () => {
    const names = chosenFaults('all', false, new CountingWorkload()).map(({ name }) => name)
    expect(names).to.include.members(['consumer-kill', 'full-disk', 'calm', 'mixed'])
    expect(names).not.to.include.members(['poison'])
    expect(names).not.to.include.members(['twice'])
  })
})

import { expect } from 'chai'
import { chosenFaults } from '../../../../scripts/verify/faults/all-faults.ts'
import type { Fault } from '../../../../scripts/verify/faults/fault.ts'
import { verdictsToJson, formatVerdictTable } from '../../../../scripts/verify/report.ts'
import { isPromiseKept, runFault } from '../../../../scripts/verify/run-fault.ts'
import type { Verdict } from '../../../../scripts/verify/run-fault.ts'
import type { Role } from '../../../../infra/topology/role-registry.ts'
import type { Link, PlatformUnderTest } from '../../../../scripts/verify/platform-under-test.ts'
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
  readonly usualRate = 100
  readonly storedBy = 'worker'
  readonly isSentOverHttp = false
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

  settings(): readonly string[] {
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
      findings: lost === 0 ? [] : ['a number is missing'],
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
    const failures = ['a number is missing']
    expect(figures).to.deep.equal([
      { ...none, fault: 'calm' },
      { ...none, fault: 'forgetful', lost: 1, duplicateRows: 1, failures },
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
    expect(names).to.include.members(['broker-kill', 'full-disk', 'calm', 'mixed'])
    expect(names).not.to.include('poison').and.not.to.include('twice')
  })

  it('injects the faults of the role that stores the units, and none of the producer if they are sent to Kafka', async () => {
    const names = chosenFaults('all', false, new CountingWorkload()).map(({ name }) => name)
    expect(names).to.include.members(['worker-kill', 'worker-pause'])
    expect(names).not.to.include('consumer-kill').and.not.to.include('consumer-pause')
    await using workload = new CountingWorkload()
    for (const name of ['producer-kill', 'producer-pause']) {
      expect(await runOne(workload, name)).to.deep.equal({
        kind: 'not-injected',
        fault: name,
        why: 'the records of this workload are sent to Kafka directly, not over HTTP',
      })
    }
  })

  it('cuts only the connections that the units pass', async () => {
    const workload = new CountingWorkload()
    const cut: string[] = []
    const link = (name: string, ...roles: Role[]): Link => {
      const done = () => Promise.resolve()
      const cutIt = () => Promise.resolve(void cut.push(name))
      return { name, roles, cut: cutIt, slow: done, heal: done }
    }
    const links = [
      link('vehicle–ingress', 'ingress'),
      link('ingress–producer', 'ingress', 'producer'),
      link('producer–kafka', 'producer', 'kafka'),
      link('consumer–postgres', 'consumer', 'postgres'),
      link('worker–postgres', 'worker', 'postgres'),
    ]
    const [fault] = chosenFaults('network-cut', true, workload)
    const context = { random: () => 0, seconds: 0, isQuick: true }
    const { signal } = new AbortController()
    await fault?.inject({
      ...context,
      platform: { cuttable: links } as unknown as PlatformUnderTest,
      signal,
    })
    expect(cut.sort()).to.deep.equal(['producer–kafka', 'worker–postgres'])
  })
})

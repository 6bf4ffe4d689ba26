import { statSync, truncateSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Journal } from '../../../../fleet/uplink/journal.ts'
import {
  aJournal,
  copyWithoutLock,
  journalReadings,
  segmentsIn,
  sequencesOf,
  pendingSequences,
} from '../../../support/journals.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'

type Step =
  | { readonly kind: 'append'; readonly count: number; readonly bytes: number }
  | { readonly kind: 'settle'; readonly entries: number }
  | { readonly kind: 'give-back'; readonly entries: number }
  | { readonly kind: 'reopen' }
  /** The share of the bytes of an unfinished group that reached the disk. */
  | { readonly kind: 'kill'; readonly count: number; readonly arrived: number }
  /** The same for the settled marks. */
  | { readonly kind: 'power-off'; readonly count: number; readonly arrived: number }

const share = fc.double({ min: 0, max: 1, noNaN: true })
const few = fc.integer({ min: 1, max: 20 })
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('append' as const),
        count: few,
        bytes: fc.constantFrom(10, 4_000),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle' as const), entries: few }) },
    fc.record({ kind: fc.constant('give-back' as const), entries: few }),
    fc.record({ kind: fc.constant('reopen' as const) }),
    fc.record({ kind: fc.constant('kill' as const), count: few, arrived: share }),
    fc.record({ kind: fc.constant('power-off' as const), count: few, arrived: share }),
  ),
  { maxLength: 20 },
)

/** Large enough for all readings, in several files. */
const megabytes = 2

/** A journal together with its expected content. */
class Life {
  journal: Journal
  readonly #root: string
  #folder: string
  #next = 0
  #starts = 0
  unsettled: number[] = []
  #settled = new Set<number>()

  constructor(root: string) {
    this.#root = root
    this.#folder = join(root, '0')
    this.journal = this.#open()
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'append':
        await this.journal.append(journalReadings(this.#next, step.count, step.bytes))
        {
          this.#use(step.count)
          return
        }
      case 'settle': {
        this.#settle(step.entries)
        return
      }
      case 'give-back': {
        this.journal.giveBack(this.journal.take({ entries: step.entries, bytes: 9_000 }))
        return
      }
      case 'reopen':
        await this.journal.close()
        this.journal = this.#open()
        return
      case 'kill':
      case 'power-off':
        return this.#crash(step)
    }
  }

  #open(): Journal {
    const { journal, logged } = aJournal(this.#folder, { megabytes })
    expect(logged).to.deep.equal([])
    expect(journal.nextSequence('V1')).to.equal(this.#next)
    return journal
  }

  #use(count: number): void {
    for (let at = 0; at < count; at += 1) this.unsettled.push(this.#next + at)
    this.#next += count
  }

  #settle(entries: number): void {
    const taken = this.journal.take({ entries, bytes: 9_000 })
    const sequences = sequencesOf(taken)
    // The newest entries, in ascending order.
    expect(sequences).to.deep.equal(this.unsettled.slice(this.unsettled.length - taken.length))
    this.journal.acknowledge(taken)
    for (const sequence of sequences) this.#settled.add(sequence)
    this.unsettled = this.unsettled.filter((sequence) => !sequences.includes(sequence))
  }

  async #crash({ kind, count, arrived }: Extract<Step, { arrived: number }>): Promise<void> {
    const synced = new Map(segmentsIn(this.#folder).map((path) => [path, statSync(path).size]))
    const append = this.journal.append(journalReadings(this.#next, count))
    // The written part of the group is not synced yet.
    await Promise.resolve()
    this.#starts += 1
    const copy = copyWithoutLock(this.#folder, join(this.#root, String(this.#starts)))
    const last = [...synced.keys()].at(-1)
    if (last !== undefined)
      this.#cut(last.replace(this.#folder, copy), synced.get(last) ?? 0, arrived)
    if (kind === 'power-off') {
      for (const path of segmentsIn(copy)) this.#cut(`${path}.settled`, 0, arrived)
    }
    await append
    await this.journal.close()
    this.#folder = copy
    await this.#compare(kind)
  }

  #cut(path: string, from: number, arrived: number): void {
    if (!existsSync(path)) return
    truncateSync(path, from + Math.floor((statSync(path).size - from) * arrived))
  }

  /** Any number of readings of the unfinished group can be present, but only from its start. */
  async #compare(kind: 'kill' | 'power-off'): Promise<void> {
    const { journal, logged } = aJournal(this.#folder, { megabytes })
    expect(logged).to.deep.equal([])
    const arrived = pendingSequences(journal).filter((sequence) => sequence >= this.#next)
    expect(journal.nextSequence('V1')).to.equal(this.#next + arrived.length)
    this.#use(arrived.length)
    const waiting = pendingSequences(journal)
    const again = waiting.filter((sequence) => this.#settled.has(sequence))
    if (kind === 'kill') expect(again).to.deep.equal([])
    for (const sequence of again) this.#settled.delete(sequence)
    this.unsettled = [...this.unsettled, ...again].sort((a, b) => a - b)
    expect(waiting).to.deep.equal(this.unsettled)
    this.journal = journal
    return Promise.resolve()
  }
}

describe('DurableJournal with crashes at random points', function () {
  this.timeout(60_000)

  it('keeps exactly the unsettled readings and continues the sequences', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (life) => {
        using folder = new TemporaryFolder()
        const model = new Life(folder.path)
        for (const step of life) {
          await model.take(step)
          expect(pendingSequences(model.journal)).to.deep.equal(model.unsettled)
          expect(model.journal.size).to.equal(model.unsettled.length)
        }
        await model.journal.close()
      }),
      { numRuns: 40 },
    )
  })
})

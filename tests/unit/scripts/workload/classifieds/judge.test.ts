import { expect } from 'chai'
import type { Content, RowForm } from '../../../../../scripts/workload/classifieds/content.ts'
import { rowValues, valueOf } from '../../../../../scripts/workload/classifieds/content.ts'
import type {
  FoundLetter,
  FoundRow,
  FoundSpan,
} from '../../../../../scripts/workload/classifieds/found.ts'
import { Outcomes } from '../../../../../scripts/workload/classifieds/found.ts'
import { judgePipeline, judgeRedriven } from '../../../../../scripts/workload/classifieds/judge.ts'
import {
  latestPipeline,
  newestPipeline,
} from '../../../../../scripts/workload/classifieds/pipelines.ts'
import type { TopicRecord } from '../../../../../scripts/workload/classifieds/read-topic.ts'

const partition = 0
const advertisement = (key: number, rank: number, form: RowForm = 'plain') => ({ form, key, rank })
const notJson: Content = { form: 'garbage', key: 90, variant: 0 }

/** The records of the topic; the offset is the index. */
const contents = [
  advertisement(1, 0),
  advertisement(1, 1),
  advertisement(2, 0),
  advertisement(2, -1),
  advertisement(3, 0),
  advertisement(3, 0),
  notJson,
  advertisement(4, 0, 'fine'),
  advertisement(5, 0, 'held'),
  advertisement(5, 1),
] as const satisfies readonly Content[]
const records: TopicRecord[] = contents.map((content, offset) => {
  return { unit: offset, content, partition, offset }
})

const span = (offset: number, outcome: FoundSpan['outcome']): FoundSpan => {
  return { partition, first: offset, last: offset, outcome }
}
const letter = (offset: number, code: string, redrivenAs: string | null = null): FoundLetter => {
  return { partition, offset, code, redrivenAs }
}
const row = (offset: number, pipeline = newestPipeline): FoundRow => {
  const content = contents[offset]
  if (content === undefined || content.form === 'garbage') throw new Error('garbage has no row')
  return { key: content.key, values: rowValues(pipeline, content), place: { partition, offset } }
}

type Found = {
  readonly letters: readonly FoundLetter[]
  readonly spans: readonly FoundSpan[]
  readonly rows: readonly FoundRow[]
}
/** What the pipeline with the rule `newest` makes of the records. */
const right: Found = {
  letters: [letter(6, 'not-json'), letter(8, 'refused-by-database')],
  spans: [span(1, 'updated'), span(3, 'superseded'), span(5, 'duplicate')],
  rows: [row(1), row(2), row(5), row(7), row(9)],
}

const judge = async (found: Found, { pipeline = newestPipeline, end = records.length } = {}) => {
  const { letters, spans, rows } = found
  const outcomes = new Outcomes({ from: [0], to: [end] }, letters, spans)
  const { lost, duplicates, findings } = await judgePipeline({ pipeline, records, outcomes, rows })
  return { lost: [...lost], duplicates, findings }
}
const nothing = { lost: [], duplicates: 0, findings: [] }

describe('the judge of the workload classifieds', () => {
  it('finds nothing if each record has its outcome and each key its row', async () => {
    expect(await judge(right)).to.deep.equal(nothing)
  })

  it('accepts the same records of one transaction, in which other offsets are counted as stored', async () => {
    const spans = [span(0, 'superseded'), span(3, 'superseded'), span(4, 'duplicate')]
    expect(await judge({ ...right, spans })).to.deep.equal(nothing)
  })

  it('expects the last version with the rule update, and other dead letters of the other pipeline', async () => {
    const of = (offset: number) => row(offset, latestPipeline)
    const found: Found = {
      letters: [letter(6, 'not-json'), letter(7, 'inexact-number')],
      spans: [...[1, 3, 9].map((offset) => span(offset, 'updated')), span(5, 'duplicate')],
      rows: [of(1), of(3), of(5), of(9)],
    }
    expect(await judge(found, { pipeline: latestPipeline })).to.deep.equal(nothing)
    const rows = [of(1), of(2), of(5), of(9)]
    const { lost, duplicates } = await judge({ ...found, rows }, { pipeline: latestPipeline })
    expect([lost, duplicates]).to.deep.equal([[3], 1])
  })

  it('finds a lost row', async () => {
    expect(await judge({ ...right, rows: right.rows.slice(1) })).to.deep.equal({
      lost: [1],
      duplicates: 0,
      findings: ['verify_classifieds: partition 0, offset 1: its key has no row'],
    })
  })

  it('finds a row that no record explains', async () => {
    const rows = [...right.rows, { ...row(1), key: 77 }]
    expect(await judge({ ...right, rows })).to.deep.equal({
      lost: [],
      duplicates: 1,
      findings: ['verify_classifieds: no record explains the row of advertisement 77'],
    })
  })

  it('finds a row with the values of a record that the conflict rule does not prefer', async () => {
    const [, ...others] = right.rows
    const { lost, duplicates } = await judge({ ...right, rows: [row(0), ...others] })
    expect([lost, duplicates]).to.deep.equal([[1], 1])
  })

  it('finds a row with a changed value', async () => {
    const [first, ...others] = right.rows
    const changed = { ...row(1), values: first?.values.map(() => 'x') ?? [] }
    const { lost, duplicates } = await judge({ ...right, rows: [changed, ...others] })
    expect([lost, duplicates]).to.deep.equal([[1], 1])
  })

  it('finds a row whose position is that of another record', async () => {
    const [, ...others] = right.rows
    const moved = { ...row(1), place: { partition, offset: 0 } }
    const { findings } = await judge({ ...right, rows: [moved, ...others] })
    expect(findings).to.deep.equal([
      'verify_classifieds: the row of advertisement 1 names another record',
    ])
  })

  it('finds a record with two outcomes', async () => {
    const letters = [...right.letters, letter(3, 'out-of-range')]
    const { duplicates, findings } = await judge({ ...right, letters })
    expect(duplicates).to.equal(1)
    expect(findings[0]).to.equal('verify_classifieds: partition 0, offset 3 has 2 outcomes')
  })

  it('finds a record that is not settled or has expired', async () => {
    expect((await judge(right, { end: 9 })).lost).to.deep.equal([9])
    const spans = [...right.spans, span(0, 'expired')]
    expect((await judge({ ...right, spans })).lost).to.deep.equal([0])
  })

  it('finds garbage without a dead letter, or with another reason', async () => {
    const [, held] = right.letters
    const missing = await judge({ ...right, letters: held ? [held] : [] })
    expect(missing.lost).to.deep.equal([6])
    const letters = [letter(6, 'out-of-range'), ...(held ? [held] : [])]
    expect((await judge({ ...right, letters })).findings).to.deep.equal([
      'verify_classifieds: partition 0, offset 6: the reason is out-of-range, not not-json',
    ])
  })

  it('finds a valid record that has become a dead letter', async () => {
    const letters = [...right.letters, letter(3, 'key-conflict')]
    const spans = right.spans.filter(({ first }) => first !== 3)
    expect((await judge({ ...right, letters, spans })).lost).to.deep.equal([3])
  })

  it('finds a refused record without a dead letter', async () => {
    const [garbage] = right.letters
    expect((await judge({ ...right, letters: garbage ? [garbage] : [] })).lost).to.include(8)
  })

  it('finds updates that are counted as stored or as duplicates', async () => {
    const stored = await judge({ ...right, spans: right.spans.slice(1) })
    expect([stored.duplicates, stored.findings]).to.deep.equal([
      1,
      ['verify_classifieds: 2 records of the key of partition 0, offset 0 are counted as stored'],
    ])
    const spans = [span(1, 'duplicate'), ...right.spans.slice(1)]
    const { findings } = await judge({ ...right, spans })
    expect(findings[0]).to.match(/has 1 duplicates; expected 0 to 0: updates are counted wrong$/)
  })

  it('finds a duplicate that is counted as an update', async () => {
    const spans = [...right.spans.slice(0, 2), span(5, 'updated')]
    const { findings } = await judge({ ...right, spans })
    expect(findings[0]).to.match(/has 0 duplicates; expected 1 to 1: updates are counted wrong$/)
  })

  it('counts each outcome as the ledgers should', () => {
    const outcomes = new Outcomes({ from: [0], to: [10] }, right.letters, right.spans)
    expect(outcomes.counts()).to.deep.equal({
      ...{ stored: 5, updated: 2, duplicate: 1, deadLettered: 2, expired: 0, withoutRecord: 0 },
    })
  })
})

describe('the judge of redriven dead letters', () => {
  const judgeAfter = async (redrivenAs: string | null, rows = right.rows) => {
    const letters = [letter(6, 'not-json'), letter(8, 'refused-by-database', redrivenAs)]
    const outcomes = new Outcomes({ from: [0], to: [10] }, letters, right.spans)
    const evidence = { pipeline: newestPipeline, records, outcomes, rows }
    const { lost, duplicates, findings } = await judgeRedriven(evidence)
    return { lost: [...lost], duplicates, findings }
  }

  it('finds nothing if a dead letter that is older than its row was superseded', async () => {
    expect(await judgeAfter('superseded')).to.deep.equal(nothing)
  })

  it('finds a newer row that the redrive has changed', async () => {
    const rows = [...right.rows.slice(0, 4), row(8)]
    const { lost, duplicates, findings } = await judgeAfter('updated', rows)
    expect([lost, duplicates]).to.deep.equal([[9], 1])
    expect(findings.at(-1)).to.equal(
      'verify_classifieds: the dead letter of partition 0, offset 8 was redriven as updated; expected superseded',
    )
  })

  it('finds a dead letter that is still open', async () => {
    expect((await judgeAfter(null)).findings[0]).to.equal(
      'verify_classifieds: the dead letter of partition 0, offset 8 is still open after the redrive',
    )
  })
})

describe('the records of the workload classifieds', () => {
  it('are equal for equal versions, and different for different ones', () => {
    const value = (content: Content) => String(valueOf('v0000000', content))
    expect(value(advertisement(1, 2))).to.equal(value(advertisement(1, 2)))
    expect(value(advertisement(1, 2))).not.to.equal(value(advertisement(1, 3)))
    expect(JSON.parse(value(advertisement(7, 1, 'fine')))).to.deep.equal({
      ...{ id: 'v0000000000000007', customer_id: 'customer 7', ad_type: 'Paid' },
      ...{ created_at: '2026-01-01T00:01:00.0494567Z', text: 'Ärger "7" → version 1' },
      price: 557.125,
    })
  })
})

import { expect } from 'chai'
import { pino } from 'pino'
import { Refusals } from '../../../fleet/uplink/refusals.ts'
import type { RefusedReading } from '../../../fleet/uplink/refused-file.ts'

function setUp() {
  const [kept, settled, lines]: [RefusedReading[], string[], string[]] = [[], [], []]
  const file = { isFull: false }
  const write = (line: string): void => {
    lines.push((JSON.parse(line) as { event: string }).event)
  }
  const refusals = new Refusals({
    keep: (refused) => {
      if (file.isFull) return Promise.reject(new Error('no space left'))
      kept.push(...refused)
      return Promise.resolve()
    },
    settle: (entries) => settled.push(...entries.map(({ text }) => text)),
    logger: pino({ messageKey: 'event' }, { write }),
  })
  const refused = (...texts: string[]) =>
    texts.map((text) => ({ entry: { text }, code: 'invalid-vin', detail: '' }))
  return { refusals, refused, kept, settled, lines, file }
}

describe('refusals', () => {
  it('settle what is put down', async () => {
    const { refusals, refused, kept, settled } = setUp()
    await refusals.add(refused('a', 'b'))
    expect(kept.map(({ text }) => text)).to.deep.equal(['a', 'b'])
    expect(settled).to.deep.equal(['a', 'b'])
    expect(refusals.counts).to.deep.equal({ 'invalid-vin': 2 })
  })

  it('keep in the journal what finds no room in the file, and say so once', async () => {
    const { refusals, refused, kept, settled, lines, file } = setUp()
    file.isFull = true
    await refusals.add(refused('a'))
    await refusals.add(refused('b'))
    expect(settled).to.deep.equal([])
    file.isFull = false
    await refusals.putDown()
    expect(kept.map(({ text }) => text)).to.deep.equal(['a', 'b'])
    expect(settled).to.deep.equal(['a', 'b'])
    expect(lines).to.deep.equal(['uplink-reading-refused', 'uplink-refused-file-failed'])
  })

  it('hold no more than a number of them in memory', async () => {
    const { refusals, refused, settled, file } = setUp()
    file.isFull = true
    await refusals.add(refused('first', ...Array.from({ length: 10_000 }, () => 'later')))
    expect(settled).to.deep.equal(['first'])
  })
})

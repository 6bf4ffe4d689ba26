import { expect } from 'chai'
import { pino } from 'pino'
import { RefusalRecorder } from '../../../fleet/uplink/refusal-recorder.ts'
import type { RefusedReading } from '../../../fleet/uplink/refused-file.ts'

function setUp() {
  const [written, settled, lines]: [RefusedReading[], string[], string[]] = [[], [], []]
  const file = { isFull: false }
  const write = (line: string): void => {
    lines.push((JSON.parse(line) as { event: string }).event)
  }
  const recorder = new RefusalRecorder({
    writeRefused: (refused) => {
      if (file.isFull) return Promise.reject(new Error('no space left'))
      written.push(...refused)
      return Promise.resolve()
    },
    settle: (entries) => settled.push(...entries.map(({ text }) => text)),
    logger: pino({ messageKey: 'event' }, { write }),
  })
  const refused = (...texts: string[]) =>
    texts.map((text) => ({ entry: { text }, code: 'invalid-vin', detail: '' }))
  return { recorder, refused, written, settled, lines, file }
}

describe('RefusalRecorder', () => {
  it('settles readings that are written to the file', async () => {
    const { recorder, refused, written, settled } = setUp()
    await recorder.add(refused('a', 'b'))
    expect(written.map(({ text }) => text)).to.deep.equal(['a', 'b'])
    expect(settled).to.deep.equal(['a', 'b'])
    expect(recorder.counts).to.deep.equal({ 'invalid-vin': 2 })
  })

  it('keeps readings in the journal while the file cannot be written, and logs this once', async () => {
    const { recorder, refused, written, settled, lines, file } = setUp()
    file.isFull = true
    await recorder.add(refused('a'))
    await recorder.add(refused('b'))
    expect(settled).to.deep.equal([])
    file.isFull = false
    await recorder.flush()
    expect(written.map(({ text }) => text)).to.deep.equal(['a', 'b'])
    expect(settled).to.deep.equal(['a', 'b'])
    expect(lines).to.deep.equal(['uplink-reading-refused', 'uplink-refused-file-failed'])
  })

  it('holds at most 10,000 readings in memory', async () => {
    const { recorder, refused, settled, file } = setUp()
    file.isFull = true
    await recorder.add(refused('first', ...Array.from({ length: 10_000 }, () => 'later')))
    expect(settled).to.deep.equal(['first'])
  })
})

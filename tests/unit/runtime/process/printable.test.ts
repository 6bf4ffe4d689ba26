import { expect } from 'chai'
import { createLogger } from '../../../../services/runtime/logger.ts'
import {
  escapeControls,
  escapeControlsInJson,
  escapeControlsInLines,
  hasControls,
} from '../../../../services/runtime/process/printable.mjs'

describe('texts for a terminal or a log', () => {
  it('escapeControls escapes line breaks, control characters and writing directions', () => {
    expect(escapeControls('a\nb\x1b[31m\u2028c\x7f\u009b\u200f\u2066 ü €')).to.equal(
      'a\\u000ab\\u001b[31m\\u2028c\\u007f\\u009b\\u200f\\u2066 ü €',
    )
    expect([hasControls('ü\u009b'), hasControls('ü €')]).to.deep.equal([true, false])
  })

  it('escapeControlsInLines keeps line breaks, tabs and the colours of the output', () => {
    const coloured = '\u001b[31mdown\u001b[39m\n\tx'
    expect(escapeControlsInLines(coloured)).to.equal(coloured)
    expect(escapeControlsInLines('\r\u001b[8mhidden\u001b[2J')).to.equal(
      '\\u000d\\u001b[8mhidden\\u001b[2J',
    )
  })

  it('escapeControlsInJson does not change the value', () => {
    const value = { text: '\u009b2J\u202e\x7f\n\u0001' }
    const json = escapeControlsInJson(JSON.stringify(value, null, 2))
    expect(JSON.parse(json)).to.deep.equal(value)
    expect(json).to.equal('{\n  "text": "\\u009b2J\\u202e\\u007f\\n\\u0001"\n}')
  })

  it('a log line has no control characters, and its fields have their values', () => {
    const lines: string[] = []
    const logger = createLogger('test', 'info', { write: (line) => lines.push(line) })
    const error = '\u009b2J\x1b[31m\u202e\nsecond line'
    logger.warn({ error }, 'test-event')
    const [line = ''] = lines
    expect(line.trimEnd()).to.satisfy((text: string) => !hasControls(text))
    expect(JSON.parse(line)).to.deep.include({ error, event: 'test-event' })
  })
})

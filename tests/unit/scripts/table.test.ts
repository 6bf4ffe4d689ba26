import { expect } from 'chai'
import { formatTable } from '../../../scripts/cli/table.ts'

describe('formatTable', () => {
  it('makes columns as wide as their widest cell, without counting colour codes', () => {
    const style = (text: string) => `\u001b[31m${text}\u001b[39m`
    const rows = [
      [{ text: 'down', style }, '1'],
      ['ready', '22'],
    ]
    expect(formatTable(['state', 'n'], rows)).to.equal(
      'state | n\n------+---\n\u001b[31mdown\u001b[39m  | 1\nready | 22',
    )
  })

  it('escapes control characters in cells and in the head', () => {
    const hostile = '\u001b]0;owned\u0007\u001b[31ma\nb\r\u009b2J\u202e'
    const escaped = '\\u001b]0;owned\\u0007\\u001b[31ma\\u000ab\\u000d\\u009b2J\\u202e'
    const lines = formatTable([hostile], [[hostile]]).split('\n')
    expect(lines).to.deep.equal([escaped, '-'.repeat(escaped.length), escaped])
  })

  it('formats a very large number of rows', () => {
    const many = Array.from({ length: 200_000 }, (_, index) => [String(index)])
    const lines = formatTable(['id'], many).split('\n')
    expect([lines.length, lines[0], lines[1], lines.at(-1)]).to.deep.equal([
      200_002,
      'id',
      '------',
      '199999',
    ])
  })
})

import { expect } from 'chai'
import { formatTable } from '../../../scripts/cli/table.ts'

describe('formatTable', () => {
  it('makes columns as wide as their widest cell, without counting colour codes', () => {
    const rows = [
      ['\u001b[31mdown\u001b[39m', '1'],
      ['ready', '22'],
    ]
    expect(formatTable(['state', 'n'], rows)).to.equal(
      'state | n\n------+---\n\u001b[31mdown\u001b[39m  | 1\nready | 22',
    )
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

import { expect } from 'chai'
import { formatTable } from '../../../scripts/cli/table.ts'

describe('a table in columns', () => {
  it('is as wide as its widest cells, and colours take no room', () => {
    const rows = [
      ['\u001b[31mdown\u001b[39m', '1'],
      ['ready', '22'],
    ]
    expect(formatTable(['state', 'n'], rows)).to.equal(
      'state | n\n------+---\n\u001b[31mdown\u001b[39m  | 1\nready | 22',
    )
  })

  it('has as many rows as are asked for', () => {
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

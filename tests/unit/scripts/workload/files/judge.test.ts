import { expect } from 'chai'
import { createRandom } from '../../../../../fleet/random.ts'
import type { DroppedFile } from '../../../../../scripts/workload/files/dropped-file.ts'
import { drawFile } from '../../../../../scripts/workload/files/dropped-file.ts'
import { compareContents } from '../../../../../scripts/workload/files/judge.ts'
import { routes } from '../../../../../scripts/workload/files/routes.ts'

const file = (content: number, fields: Partial<DroppedFile> = {}): DroppedFile => ({
  ...{ name: `run-${content}.csv`, route: 'table', content, kind: 'plain', lines: 20 },
  ...fields,
})
import { foundOfCommand } from '../../../../../scripts/workload/files/found.ts'
import { untilQuiet } from '../../../../../scripts/workload/files/quiet.ts'

describe('The workload files of verify', () => {
  it('counts a missing line and a missing dead letter as lost, and a repeated row as surplus', () => {
    const dropped = [file(1), file(2), file(3, { kind: 'bad-lines' }), file(4, { route: 'rows' })]
    const found = new Map([
      [1, { rows: 20, lines: 19, letters: 0 }],
      [2, { rows: 22, lines: 20, letters: 0 }],
      [3, { rows: 18, lines: 18, letters: 1 }],
    ])
    expect(compareContents(dropped, new Set([3]), found)).to.deep.equal({ lost: 3, surplus: 2 })
  })

  it('counts a repeated content once', () => {
    const dropped = [file(1), file(1, { name: 'run-2.csv', kind: 'repeated' })]
    const found = new Map([[1, { rows: 20, lines: 20, letters: 0 }]])
    expect(compareContents(dropped, new Set(), found)).to.deep.equal({ lost: 0, surplus: 0 })
  })

  it('drops files for each route, and repeats only files that are loaded into the table', () => {
    const random = createRandom(1)
    const dropped: DroppedFile[] = []
    for (let number = 1; number <= 500; number += 1)
      dropped.push(drawFile('run', number, { random, earlier: dropped, routes }))
    expect(new Set(dropped.map(({ route }) => route))).to.deep.equal(new Set(routes))
    const repeated = dropped.filter(({ kind }) => kind === 'repeated')
    expect(repeated).to.not.be.empty
    expect(new Set(repeated.map(({ route }) => route))).to.deep.equal(new Set(['table']))
  })

  it('waits until no message, task or record is left, because a second copy of an effect can come late', async () => {
    const left = [
      { messages: 1, tasks: 0, records: 0 },
      { messages: 0, tasks: 0, records: 2 },
      { messages: 0, tasks: 3, records: 0 },
      { messages: 0, tasks: 0, records: 0 },
    ]
    const read = () => Promise.resolve(left.shift() ?? { messages: 9, tasks: 9, records: 9 })
    expect(await untilQuiet(read, { timeoutMs: 10_000, pollMs: 1 })).to.equal(undefined)
    expect(left).to.deep.equal([])
    expect(await untilQuiet(read, { timeoutMs: 0, pollMs: 5 })).to.equal(
      '9 messages, 9 tasks and 9 records were not settled after 0 s',
    )
  })

  it('accepts one start of a command for each attempt of its task, and counts others as surplus', () => {
    expect(foundOfCommand(1, 1)).to.deep.equal({ rows: 1, lines: 1, letters: 0 })
    expect(foundOfCommand(2, 2).rows).to.equal(1)
    expect(foundOfCommand(1, 3).rows).to.equal(1)
    expect(foundOfCommand(2, 1).rows).to.equal(2)
  })
})

import { expect } from 'chai'
import type { ParsedPipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'

const run = `name = "drives"
run = { handler = "shop.load", params = { table = "drives", days = 3 } }
from.files = { match = ["*.gpx"] }
to.tables = { create = true }
`
const shell = `name = "drives"
shell = './load.sh "$1"'
from.files = { match = ["*.gpx"] }
`

const parse = (text: string): ParsedPipeline => parsePipeline(text, () => ({ fault: 'no file' }))

function faultsOf(text: string): string[] {
  const parsed = parse(text)
  return parsed.ok
    ? []
    : parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

describe('A declaration with from.files and a processor', () => {
  it('has the handler, its parameters, and the defaults of files', () => {
    const parsed = parse(run)
    expect(parsed.ok && parsed.declaration).to.deep.include({
      step: { kind: 'run', handler: 'shop.load', params: { table: 'drives', days: 3 } },
      ...{ concurrency: 2, timeoutMs: 3_600_000 },
      to: { kind: 'tables', mayCreate: true },
      source: {
        ...{ kind: 'files', inbox: '01_inbox', archive: '03_archive', error: '04_failed' },
        ...{ canceled: '05_canceled', match: ['*.gpx'], onRepeat: 'skip' },
      },
    })
  })

  it('has the command', () => {
    const parsed = parse(shell)
    expect(parsed.ok && parsed.declaration).to.deep.include({
      step: { kind: 'shell', command: './load.sh "$1"' },
      to: { kind: 'none' },
    })
  })

  const wrong: readonly (readonly [
    text: string,
    part: string | RegExp,
    by: string,
    fault: string,
  ])[] = [
    [run, 'handler = "shop.load"', 'by = "x"', '2:14 run.by: it names a field of a message'],
    [run, 'handler = "shop.load", ', '', '2:7 run: declare "handler", the name of a handler.'],
    [
      run,
      /params = .*days = 3 }/,
      'params = "x"',
      '2:41 run.params: it names a field of a message',
    ],
    [run, 'days = 3', 'days = nan', '2:41 run.params: expected the name of a field, or for'],
    [
      run,
      'from.files = { match = ["*.gpx"] }',
      'from.topic = "x"',
      '2:41 run.params: only a handler of from.files',
    ],
    [
      run,
      '"*.gpx"]',
      '"*.gpx"], archive = "01_inbox"',
      '3:45 from.files.archive: "01_inbox" is the inbox',
    ],
    [shell, 'from.files', 'to.table = { name = "x" }\nfrom.files', '3:1 to: a command returns no'],
    [shell, /'\.\/.*'/, '" "', '2:9 shell: expected a command for /bin/sh'],
  ]
  for (const [text, part, by, fault] of wrong) {
    it(`reports ${fault}`, () => {
      expect(faultsOf(text.replace(part, by)).join('\n')).to.include(fault)
    })
  }
})

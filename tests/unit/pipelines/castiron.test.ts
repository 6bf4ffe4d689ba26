import { expect } from 'chai'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import type { FilesPipeline } from '../../../services/pipelines/declaration/task-declaration.ts'
import { FileMatcher } from '../../../services/pipelines/files/match-file.ts'

const shellForm = `[castiron.etl]
enabled = true
handled_file_glob = "_test.tsv|_updated.csv|.mp3"
inbox_dir = "01_inbox"
processing_dir = "02_processing"
archive_dir = "03_archive"
error_dir = "04_failed"
canceled_dir = "05_canceled"
save_error_log = false
shell = "cat"
`
const pythonForm = `[castiron.etl]
enabled = false
handled_file_glob = "_test.tsv"
inbox_dir = "in"
[castiron.etl.python]
worker_run_method = "etl.example.process"
static_kwargs = { table = "rows" }
`
const mapForm = `name = "castiron"
[castiron.etl]
handled_file_glob = "_test.tsv"
[map]
format = "tsv"
columns = [ { name = "id", type = "integer" } ]
[to.table]
name = "castiron"
key = ["id"]
`

const parse = (text: string, folder?: string) =>
  parsePipeline(text, () => ({ fault: '' }), { fileName: 'Example config.toml', folder })

function declarationOf(text: string, folder?: string): FilesPipeline {
  const parsed = parse(text, folder)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.declaration as FilesPipeline
}

function faultsOf(text: string): string {
  const parsed = parse(text)
  return parsed.ok
    ? ''
    : parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n')
}

describe('A declaration in the form [castiron.etl]', () => {
  it('has the folders, the ends of names and the command; its name is that of the file', () => {
    expect(declarationOf(shellForm)).to.deep.include({
      ...{ name: 'example_config', isEnabled: true, to: { kind: 'none' } },
      step: { kind: 'shell', command: 'cat' },
      source: {
        ...{ kind: 'files', inbox: '01_inbox', processing: '02_processing' },
        ...{ archive: '03_archive', error: '04_failed', canceled: '05_canceled' },
        ...{ match: ['*_test.tsv', '*_updated.csv', '*.mp3'] },
        ...{ onRepeat: 'skip', hasNoErrorLog: true },
      },
    })
  })

  it('runs the handler that the Python method names, with static_kwargs, and may create tables', () => {
    expect(declarationOf(pythonForm)).to.deep.include({
      isEnabled: false,
      step: { kind: 'run', handler: 'etl.example.process', params: { table: 'rows' } },
      to: { kind: 'tables', mayCreate: true },
    })
  })

  it('may have our tables [map] and [to.table] instead, and our key "name"', () => {
    const { name, step, to, source } = declarationOf(mapForm)
    expect({ name, step: step.kind, to: to.kind }).to.deep.equal({
      ...{ name: 'castiron', step: 'map', to: 'table' },
    })
    expect(source.processing).to.equal(undefined)
  })

  it('has folders relative to its own folder', () => {
    expect(declarationOf(shellForm, 'team/a').source).to.include({
      ...{ inbox: 'team/a/01_inbox', processing: 'team/a/02_processing' },
      ...{ archive: 'team/a/03_archive', error: 'team/a/04_failed' },
      canceled: 'team/a/05_canceled',
    })
  })

  const cases: readonly (readonly [glob: string, name: string, matches: boolean])[] = [
    ['_test.tsv|_updated.csv|.mp3', 'data_test.tsv', true],
    ['_test.tsv|_updated.csv|.mp3', 'song.mp3', true],
    ['_test.tsv|_updated.csv|.mp3', 'data_test.csv', false],
    ['.csv', 'abcsv', false],
    ['.csv', 'ab.csv', true],
    ['.csv', 'ab.csv.gz', false],
    ['*_test.tsv', 'data_test.tsv', true],
    ['(1).csv', 'a(1).csv', true],
    ['+(a).csv', 'xa.csv', false],
    ['+(a).csv', 'x+(a).csv', true],
  ]
  for (const [glob, name, matches] of cases) {
    it(`with handled_file_glob = "${glob}" ${matches ? 'handles' : 'does not handle'} ${name}`, () => {
      const text = shellForm.replace('_test.tsv|_updated.csv|.mp3', glob)
      const found = new FileMatcher([declarationOf(text)]).find('01_inbox', name)
      expect(found !== undefined).to.equal(matches)
    })
  }

  const wrong: readonly (readonly [
    text: string,
    part: string | RegExp,
    by: string,
    fault: string,
  ])[] = [
    [shellForm, '"02_processing"', '"01_inbox"', '5:18 castiron.etl.processing_dir: "01_inbox" is'],
    [shellForm, '"03_archive"', '"../x"', '6:15 castiron.etl.archive_dir: expected the path'],
    [shellForm, '|.mp3', '| .mp3', '3:21 castiron.etl.handled_file_glob: "_test.tsv|_updated'],
    [
      shellForm,
      '|.mp3',
      '||',
      '3:21 castiron.etl.handled_file_glob: "_test.tsv|_updated.csv||" has an',
    ],
    [shellForm, '|.mp3', '|a/b', '3:21 castiron.etl.handled_file_glob: expected a pattern for'],
    [shellForm, /handled.*\n/, '', '1:1 castiron.etl: nothing says which files are handled'],
    [shellForm, /shell.*\n/, '', '1:1 castiron.etl: nothing says what is done with the files'],
    [
      shellForm,
      'shell',
      'python.worker_run_method = "a"\nshell',
      '1:1 castiron.etl: declare only one',
    ],
    [
      shellForm,
      'save_error_log',
      'save_log',
      '9:1 castiron.etl.save_log: unknown key; expected one',
    ],
    [shellForm, '[castiron.etl]', '[castiron.other]', '1:11 castiron.other: unknown key'],
    [
      shellForm,
      '[castiron',
      'sql = "x.sql"\n[castiron',
      '1:7 sql: a file with [castiron.etl] cannot',
    ],
    [shellForm, 'enabled = true', 'enabled = 1', '2:11 castiron.etl.enabled: expected true or'],
    [
      pythonForm,
      'static_kwargs',
      'worker_class = "a.B"\nstatic_kwargs',
      '7:16 castiron.etl.python.worker_class: not supported: a handler is a function',
    ],
    [
      pythonForm,
      '"etl.example.process"',
      '""',
      '6:21 castiron.etl.python.worker_run_method: expected',
    ],
    [
      pythonForm,
      'static_kwargs',
      'environment_kwargs = { a = "B" }\nstatic_kwargs',
      '7:22 castiron.etl.python.environment_kwargs: not supported: a handler gets no environment',
    ],
    [mapForm, '"integer"', '"int"', '6:35 map.columns[0].type: expected'],
  ]
  for (const [text, part, by, fault] of wrong) {
    it(`reports ${fault}`, () => {
      expect(faultsOf(text.replace(part, by))).to.include(fault)
    })
  }

  it('sends events of its tasks to the topic pizza-tracker if the Python method supports this', () => {
    const supported = `${pythonForm}supports_pizza_tracker = true\n`
    expect(declarationOf(supported)).to.include({ progress: 'pizza-tracker' })
    expect(declarationOf(`progress = "own"\n${supported}`)).to.include({ progress: 'own' })
    expect(declarationOf(`progress = "own"\n${mapForm}`)).to.include({ progress: 'own' })
    for (const text of [pythonForm, `${pythonForm}supports_pizza_tracker = false\n`, mapForm])
      expect(declarationOf(text)).to.not.have.property('progress')
  })

  it('may have unsupported keys whose values change nothing', () => {
    const keys = 'worker_class = ""\nsupports_metadata = false\nsupports_pizza_tracker = false\n'
    expect(faultsOf(`${pythonForm}${keys}`)).to.equal('')
  })
})

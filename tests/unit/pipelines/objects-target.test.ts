import { expect } from 'chai'
import type { ParsedPipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'

const parse = (text: string) => parsePipeline(text, () => ({ fault: 'does not exist' }))

const faultsOf = (parsed: ParsedPipeline): string =>
  parsed.ok
    ? 'none'
    : parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`).join()

describe('The target to.objects', () => {
  it('has a folder, which is "outputs" by default', () => {
    const toOf = (to: string) => {
      const parsed = parse(`name = "job"\nfrom.topic = "job"\nrun = "load"\n${to}\n`)
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
      return 'to' in parsed.declaration ? parsed.declaration.to : undefined
    }
    expect(toOf('to.objects = {}')).to.deep.equal({ kind: 'objects', folder: 'outputs' })
    expect(toOf('to.objects = "a/b"')).to.deep.equal({ kind: 'objects', folder: 'a/b' })
  })

  const wrong: readonly (readonly [string, string])[] = [
    ['to.objects = "/x"', '4:14 to.objects: expected the path of a folder in the bucket'],
    ['to.objects = { name = "x" }', '4:16 to.objects.name: unknown key'],
    ['to.objects = 7', '4:14 to.objects: expected a folder in the bucket'],
    [
      'to = { topic = "db", objects = "x" }',
      '4:32 to.objects: the pipeline has to.topic already; remove one of them.',
    ],
  ]
  for (const [to, fault] of wrong) {
    it(`is refused with ${to}: ${fault}`, () => {
      expect(faultsOf(parse(`name = "job"\nfrom.topic = "job"\nrun = "load"\n${to}\n`))).to.include(
        fault,
      )
    })
  }

  it('is refused for rows of SQL, which Postgres writes to a table itself', () => {
    const sql = 'from.schedule.every = "1 h"\nsql = "a.sql"\nto.objects = "x"\n'
    const parsed = parsePipeline(`name = "job"\n${sql}`, () => ({ text: 'SELECT 1' }))
    expect(faultsOf(parsed)).to.include('4:14 to.objects: the rows of "sql" are stored in a table')
  })

  it('is refused in the inbox of its pipeline, which would load the objects again', () => {
    const files = 'from.files = { inbox = "a/job", match = ["*.ndjson"] }\nrun = "load"\n'
    const parsed = parse(`name = "job"\n${files}to.objects = "a"\n`)
    expect(parsed.ok ? [] : parsed.faults).to.deep.equal([
      {
        ...{ line: 4, column: 14 },
        message:
          'to.objects: the objects would be in "a/job", which is the inbox of the pipeline; choose another folder.',
      },
    ])
  })

  it('of a declaration in the bucket is relative to the folder of the declaration', () => {
    const files = 'from.files.match = ["*.csv"]\nrun = "load"\n'
    const parsed = parsePipeline(
      `name = "job"\n${files}to.objects = {}\n`,
      () => ({ fault: 'does not exist' }),
      { fileName: 'job.toml', folder: 'team' },
    )
    if (!parsed.ok || !('to' in parsed.declaration)) throw new Error(JSON.stringify(parsed))
    expect(parsed.declaration.to).to.deep.equal({ kind: 'objects', folder: 'team/outputs' })
    expect(parsed.declaration.source).to.include({ inbox: 'team/01_inbox' })
  })
})

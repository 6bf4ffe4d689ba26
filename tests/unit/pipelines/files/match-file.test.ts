import { expect } from 'chai'
import type { FilesPipeline } from '../../../../services/pipelines/declaration/task-declaration.ts'
import { FileMatcher } from '../../../../services/pipelines/files/match-file.ts'

type Matches = { readonly match?: readonly string[]; readonly mimetypes?: readonly string[] }

const pipeline = (name: string, { match = [], mimetypes }: Matches): FilesPipeline =>
  ({
    name,
    source: { kind: 'files', inbox: 'in', match, ...(mimetypes && { mimetypes }) },
  }) as unknown as FilesPipeline

const csvName = { match: ['*.csv'] }
const csvType = { mimetypes: ['text/csv'] }
const both = { match: ['*.csv'], mimetypes: ['text/tab-separated-values'] }

/** The pipelines a and b, a file, and the pipeline that gets it. */
const cases: readonly (readonly [
  a: Matches,
  b: Matches,
  file: [string, string],
  found?: string,
])[] = [
  // One pipeline at a time, the first match wins.
  [csvName, csvName, ['x.csv', 'text/csv'], 'a'],
  [csvType, csvType, ['x.csv', 'text/csv'], 'a'],
  [csvName, csvType, ['x.csv', 'text/csv'], 'a'],
  [csvType, csvName, ['x.csv', 'text/csv'], 'a'],
  [csvName, csvType, ['x.txt', 'text/csv'], 'b'],
  [csvType, csvName, ['x.csv', 'text/plain'], 'b'],
  // With both given: the type, then the name, before the next pipeline.
  [both, csvType, ['x.txt', 'text/tab-separated-values'], 'a'],
  [both, csvType, ['x.csv', 'text/csv'], 'a'],
  [both, csvType, ['x.txt', 'text/csv'], 'b'],
  [csvType, both, ['x.csv', 'text/tab-separated-values'], 'b'],
  [csvType, both, ['x.csv', 'text/csv'], 'a'],
  [both, both, ['x.txt', 'text/plain']],
  // Types have no upper case, and a star stands for all of a kind.
  [{ mimetypes: ['Text/CSV'] }, csvName, ['x', 'text/csv'], 'a'],
  [{ mimetypes: ['text/*'] }, csvName, ['x.csv', 'text/html'], 'a'],
  [{ mimetypes: ['text/*'] }, csvName, ['x.csv', 'application/pdf'], 'b'],
]

describe('The pipeline of a file', () => {
  for (const [a, b, [name, type], found] of cases) {
    it(`is ${found ?? 'none'} of a ${JSON.stringify(a)} and b ${JSON.stringify(b)} for ${name} of the type ${type}`, () => {
      const matcher = new FileMatcher([pipeline('a', a), pipeline('b', b)])
      expect(matcher.find('in', name, type)?.name).to.equal(found)
    })
  }

  it('depends on the type only if a pipeline of its folder has mimetypes', () => {
    expect(new FileMatcher([pipeline('a', csvName)]).needsType('in')).to.equal(false)
    const matcher = new FileMatcher([pipeline('a', csvName), pipeline('b', both)])
    expect(matcher.needsType('in')).to.equal(true)
    expect(matcher.needsType('other')).to.equal(false)
  })
})

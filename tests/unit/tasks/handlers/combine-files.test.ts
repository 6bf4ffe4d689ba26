import { expect } from 'chai'
import type { FileVersion } from '../../../../services/tasks/handlers/loading/combine-files.ts'
import { combineFiles } from '../../../../services/tasks/handlers/loading/combine-files.ts'

const version = (digest: string, ...names: string[]): FileVersion => ({
  ...{ bundle: `${digest}.mjs`, digest },
  handlers: names.map((name) => ({ name, place: `${digest}:1` })),
})
const file = (path: string, of: FileVersion | undefined, fault?: string) => ({
  path,
  version: of,
  fault,
})
const combine = (
  files: Parameters<typeof combineFiles>[0],
  before = new Map<string, FileVersion>(),
) => {
  const { inEffect, faults } = combineFiles(files, { before, reserved: ['own'] })
  return {
    inEffect: [...inEffect].map(([path, { digest }]) => `${path} ${digest}`),
    faults: [...faults.values()],
  }
}

describe('versions of handler files', () => {
  it('are in effect if their names differ', () => {
    const files = [file('a', version('a1', 'x', 'y')), file('b', version('b1', 'z'))]
    expect(combine(files)).to.deep.equal({ inEffect: ['a a1', 'b b1'], faults: [] })
  })

  it('stay in effect beside a fault of the newest version', () => {
    expect(combine([file('a', version('a1', 'x'), 'no')])).to.deep.equal({
      inEffect: ['a a1'],
      faults: ['no'],
    })
  })

  it('are refused for a name of an earlier file, and the version before stays in effect', () => {
    const files = [file('a', version('a1', 'x')), file('b', version('b2', 'x'))]
    const fault = 'b2:1: the name "x" is used already (a1:1); choose another one.'
    expect(combine(files)).to.deep.equal({ inEffect: ['a a1'], faults: [fault] })
    expect(combine(files, new Map([['b', version('b1', 'y')]]))).to.deep.equal({
      inEffect: ['a a1', 'b b1'],
      faults: [fault],
    })
  })

  it('are refused for a name twice in one file, and for a name of the worker', () => {
    expect(combine([file('a', version('a1', 'x', 'x'))]).inEffect).to.deep.equal([])
    expect(combine([file('a', version('a1', 'own'))]).faults).to.deep.equal([
      'a1:1: the name "own" is used already (a part of the worker); choose another one.',
    ])
  })
})

import { expect } from 'chai'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'

function parse(run: string) {
  const text = `name = "texts"\nfrom.topic = "texts"\nrun = ${run}\n`
  return parsePipeline(text, () => ({ fault: 'does not exist.' }))
}

function stepOf(run: string) {
  const parsed = parse(run)
  if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join('\n'))
  return 'step' in parsed.declaration && parsed.declaration.step
}

function faultsOf(run: string): string {
  const parsed = parse(run)
  if (parsed.ok) return ''
  return parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n')
}

const wrong: readonly (readonly [run: string, fault: string])[] = [
  ['{ by = "a", params = "a" }', '3:28 run.params: "a" is the field of "by" already.'],
  ['{ by = "a", params = "" }', '3:28 run.params: expected the name of a field'],
  ['{ by = "a", params = true }', '3:28 run.params: expected the name of a field'],
  ['{ by = "" }', '3:14 run.by: expected the name of a field'],
  ['{ params = "a" }', '3:7 run: declare "by", the field that names the handler.'],
  ['{ handler = "a", params = "b" }', '3:7 run: "by" and "params" are for messages that name'],
  ['{ handler = "a", by = "b" }', '3:7 run: "by" and "params" are for messages that name'],
]

describe('The handler that a message names', () => {
  it('has the parameters of the declared field', () => {
    const step = { kind: 'run-by', method: 'method', params: 'args' }
    expect(stepOf('{ by = "method", params = "args" }')).to.deep.equal(step)
  })

  it('has all other fields of the message as parameters if no field is declared for them', () => {
    const step = { kind: 'run-by', method: 'method', params: undefined }
    expect(stepOf('{ by = "method" }')).to.deep.equal(step)
    expect(stepOf('{ by = "params" }')).to.deep.equal({ ...step, method: 'params' })
  })

  for (const [run, fault] of wrong) {
    it(`is refused if it is declared by run = ${run}: ${fault}`, () => {
      expect(faultsOf(run)).to.include(fault)
    })
  }
})

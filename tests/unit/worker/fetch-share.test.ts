import { expect } from 'chai'
import { parseDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'
import { countFetches, fetchShareOf } from '../../../services/worker/pipelines/running-pipeline.ts'

const mebibyte = 1_048_576

describe('fetchShareOf', () => {
  it('divides the memory for fetched records among the fetches', () => {
    expect(fetchShareOf(1)).to.equal(8 * mebibyte)
    expect(fetchShareOf(2)).to.equal(4 * mebibyte)
    expect(20 * fetchShareOf(20)).to.be.at.most(8 * mebibyte)
  })

  it('is at least 64 KiB', () => {
    expect(fetchShareOf(10_000)).to.equal(65_536)
  })
})

describe('countFetches', () => {
  const declare = (topic: string) => {
    const parsed = parseDeclaration(`
      name = "ads"
      from.topic = ${topic}
      map.columns = [ { name = "id", type = "text" } ]
      to.table = { name = "ads", key = ["id"] }
    `)
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
    return parsed.declaration
  }

  it('counts one for each consumer and broker; a pipeline with group_by has two consumers', () => {
    const plain = declare('"data"')
    const grouped = declare('{ name = "data", group_by = "id" }')
    expect(countFetches([plain], 1)).to.equal(1)
    expect(countFetches([plain, grouped], 1)).to.equal(3)
    expect(countFetches([plain, grouped], 3)).to.equal(9)
  })
})

import { expect } from 'chai'
import { fetchShareOf } from '../../../services/worker/pipelines/running-pipeline.ts'

const mebibyte = 1_048_576

describe('fetchShareOf', () => {
  it('divides the memory for fetched records among the pipelines and brokers', () => {
    expect(fetchShareOf(1)).to.equal(8 * mebibyte)
    expect(fetchShareOf(2)).to.equal(4 * mebibyte)
    expect(20 * fetchShareOf(20)).to.be.at.most(8 * mebibyte)
  })

  it('is at least 64 KiB', () => {
    expect(fetchShareOf(10_000)).to.equal(65_536)
  })
})

import { expect } from 'chai'
import fc from 'fast-check'
import { errorLogSuffix, nameOfCopy } from '../../../../services/pipelines/files/target-name.ts'

describe('The name of a file in the archive', () => {
  it('has a number before its extension if there is a file with this name', () => {
    expect(nameOfCopy('orders.csv', 1)).to.equal('orders.csv')
    expect(nameOfCopy('orders.csv', 2)).to.equal('orders.2.csv')
    expect(nameOfCopy('a.tar.gz', 3)).to.equal('a.tar.3.gz')
    expect(nameOfCopy('README', 2)).to.equal('README.2')
    expect(nameOfCopy('.profile', 2)).to.equal('.profile.2')
  })

  it('has at most 255 bytes with the suffix of the error log, and is valid Unicode', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
        fc.string({ maxLength: 300 }),
        fc.nat({ max: 1_000_000 }),
        (base, extension, copy) => {
          const name = nameOfCopy(`${base}.${extension}`, copy + 1)
          expect(Buffer.byteLength(name + errorLogSuffix)).to.be.at.most(255)
          expect(name.isWellFormed()).to.equal(`${base}.${extension}`.isWellFormed())
          expect(name).to.not.equal('')
        },
      ),
    )
  })
})

import { expect } from 'chai'
import { outcomesOf, stepOf } from '../../../support/file-reading.ts'
import { tinyParquet } from '../../../support/tiny-parquet.ts'

describe('A small Parquet file whose headers name many values', function () {
  this.timeout(30_000)
  const step = stepOf('format = "parquet"\ncolumns = [ { name = "id", type = "bigint" } ]')

  it('has one row for each value if it names few', async () => {
    const file = tinyParquet({ rows: 5, pages: [2, 3] })
    expect(await outcomesOf(file, step)).to.deep.equal(Array.from({ length: 5 }, () => [null]))
  })

  it('is refused with a sentence before memory is reserved for the values', async () => {
    const many = 4_194_305
    for (const count of [many, 2_000_000_000]) {
      const file = tinyParquet({ rows: count, pages: [count] })
      expect(file.length).to.be.lessThan(200)
      const before = process.memoryUsage().rss
      expect(await outcomesOf(file, step)).to.deep.equal([
        `A page of the column "id" would have ${count.toLocaleString('en')} values; at most 4,194,304 can be read. Write the file with smaller row groups or pages.`,
      ])
      expect(process.memoryUsage().rss - before).to.be.lessThan(100_000_000)
    }
  })

  it('is refused if it names more values or rows than its pages have', async () => {
    expect(await outcomesOf(tinyParquet({ rows: 1_000_000_000, pages: [5] }), step)).to.deep.equal([
      'The file is damaged: the place of a column in row group 1 is wrong.',
    ])
    const file = tinyParquet({ rows: 5, pages: [5] })
    const at = file.indexOf(Buffer.from([0x15, 10]))
    file[at + 1] = 8
    expect((await outcomesOf(file, step))[0]).to.match(
      /^The file is damaged: in the column "id" it should have 5 values, but has 4\.$/,
    )
  })

  it('is refused if the pages of a list have too many values together', async () => {
    const pages = Array.from({ length: 5 }, () => 4_000_000)
    const file = tinyParquet({ rows: 20_000_000, pages, isRepeated: true })
    expect(await outcomesOf(file, step)).to.deep.equal([
      'The column "id" has more than 16,777,216 values in a row group, which is too many for a list or a structure. Write the file with smaller row groups.',
    ])
  })

  it('is refused with the name of an encoding that cannot be read', async () => {
    const encodings = [
      [1, 'the encoding GROUP_VAR_INT'],
      [4, 'the encoding BIT_PACKED'],
      [99, 'an unknown encoding'],
    ] as const
    for (const [encoding, shown] of encodings)
      expect(await outcomesOf(tinyParquet({ rows: 5, pages: [5], encoding }), step)).to.deep.equal([
        `The column "id" has ${shown}, which cannot be read. Write the file with another encoding, for example PLAIN.`,
      ])
  })
})

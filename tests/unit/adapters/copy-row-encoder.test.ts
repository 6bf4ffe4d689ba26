import { expect } from 'chai'
import { toCopyChunks } from '../../../services/adapters/postgres/tables/copy-binary.ts'
import { CopyRowEncoder } from '../../../services/adapters/postgres/tables/copy-row-encoder.ts'

describe('CopyRowEncoder', () => {
  const aText = (encoder: CopyRowEncoder, text: string) => {
    const bytes = Buffer.from(text)
    encoder.beginRow(bytes.length)
    encoder.writeUtf8(bytes, 0, bytes.length)
    return encoder.endRow()
  }
  const schema = { columns: [{ type: 'text', valueOf: (row: string) => row }] }
  type Encoded = ReturnType<typeof aText>
  const chunksOf = (rows: readonly (Encoded | string)[], withOffset = false): Uint8Array[] => {
    const offsetRows = rows.map((row, offset) => ({ offset, row }))
    const format = {
      ...{ withOffset, columns: schema.columns as never[] },
      encodedOf: (row: Encoded | string) => (typeof row === 'string' ? undefined : row),
    }
    return [...toCopyChunks<Encoded | string>(offsetRows, format)]
  }

  it('drops a row that was not ended', () => {
    const encoder = new CopyRowEncoder(1)
    const first = aText(encoder, 'first')
    encoder.beginRow(10)
    encoder.writeValue('text', 'dropped')
    const second = aText(encoder, 'second')
    const all = Buffer.concat(chunksOf([first, second])).toString('latin1')
    expect(all).to.include('first').and.include('second')
    expect(all).not.to.include('dropped')
  })

  it('sends rows that follow each other as one chunk', () => {
    const encoder = new CopyRowEncoder(1)
    const rows = Array.from({ length: 1_000 }, (_, index) => aText(encoder, String(index)))
    // Head, rows and end.
    expect(chunksOf(rows)).to.have.length(3)
  })

  it('keeps the order of rows with and without bytes, in several chunks', () => {
    const encoder = new CopyRowEncoder(1)
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`.repeat(5_000))
    const rows = texts.map((text, index) => (index % 3 === 0 ? text : aText(encoder, text)))
    for (const withOffset of [false, true]) {
      expect(
        Buffer.concat(chunksOf(rows, withOffset)).equals(
          Buffer.concat(chunksOf(texts, withOffset)),
        ),
      ).to.equal(true)
    }
  })

  it('begins a larger chunk for a long row', () => {
    const encoder = new CopyRowEncoder(1)
    const text = 'x'.repeat(200_000)
    const [short, long] = [aText(encoder, 'short'), aText(encoder, text)]
    expect(
      Buffer.concat(chunksOf([short, long])).equals(Buffer.concat(chunksOf(['short', text]))),
    ).to.equal(true)
  })
})

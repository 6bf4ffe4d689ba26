import { expect } from 'chai'
import { gzipSync } from 'node:zlib'
import type { FileStep } from '../../../../services/pipelines/declaration/task-declaration.ts'
import type { Encoding } from '../../../../services/pipelines/files/content/encoding.ts'
import { readRecords } from '../../../../services/worker/files/loading/read-records.ts'
import { inMemoryFile, stepOf } from '../../../support/file-reading.ts'

const csv = stepOf('format = "csv"\ncolumns = [ { name = "id", type = "integer" } ]')

/** The text of a file as its decoder gets it, or why there is none. */
async function textOf(
  content: Buffer,
  { encoding, partBytes = 3 }: { encoding?: Encoding; partBytes?: number } = {},
): Promise<string> {
  const step: FileStep = { ...csv, ...(encoding === undefined ? {} : { encoding }) }
  const parts: Uint8Array[] = []
  try {
    for await (const part of readRecords(inMemoryFile(content, partBytes), step)) parts.push(part)
  } catch (error) {
    return (error as Error).message
  }
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
}

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()

describe('The text of a file', () => {
  const text = 'id,name\n1,Zoë 😀 €\n'

  it('is the same from UTF-8 and UTF-16 with a byte order mark, in parts of every size', async () => {
    const contents = [
      ...[Buffer.from(text), Buffer.from(`\ufeff${text}`)],
      ...[Buffer.from(`\ufeff${text}`, 'utf16le'), utf16be(`\ufeff${text}`)],
    ]
    for (const content of contents) {
      for (const partBytes of [1, 3, 7, 1_000])
        expect(await textOf(content, { partBytes })).to.equal(text)
    }
  })

  it('has the declared encoding, unless a byte order mark says otherwise', async () => {
    const latin1 = Buffer.from('Zo\xeb \x80', 'latin1')
    expect(await textOf(latin1, { encoding: 'latin1' })).to.equal('Zoë \u0080')
    expect(await textOf(latin1, { encoding: 'windows-1252' })).to.equal('Zoë €')
    expect(await textOf(Buffer.from(text, 'utf16le'), { encoding: 'utf-16le' })).to.equal(text)
    expect(await textOf(utf16be(text), { encoding: 'utf-16be' })).to.equal(text)
    expect(await textOf(Buffer.from(`\ufeff${text}`), { encoding: 'latin1' })).to.equal(text)
  })

  it('is decompressed if the file begins like one of gzip, also in several members', async () => {
    const compressed = gzipSync(Buffer.from(`\ufeff${text}`, 'utf16le'))
    expect(await textOf(compressed)).to.equal(text)
    expect(await textOf(Buffer.concat([gzipSync('a\n'), gzipSync('b\n')]))).to.equal('a\nb\n')
    expect(await textOf(gzipSync(''))).to.equal('')
    expect(await textOf(Buffer.alloc(0))).to.equal('')
  })

  it('is refused with a sentence if the file is damaged, in another encoding, or no text', async () => {
    const refusals = [
      [
        gzipSync(text).subarray(0, 20),
        'The file cannot be decompressed with gzip: unexpected end of file. Drop a complete copy.',
      ],
      [
        Buffer.from([0x1f, 0x8b, 0x08, 0, 0]),
        'The file cannot be decompressed with gzip: unexpected end of file. Drop a complete copy.',
      ],
      [
        gzipSync(gzipSync(text)),
        'The file is compressed with gzip twice. Convert it to text and drop it again.',
      ],
      [
        Buffer.from(text, 'utf16le'),
        'The file looks like text in UTF-16 without a byte order mark. Declare map.encoding = "utf-16le" and drop it again.',
      ],
      [
        Buffer.from('\ufeff\ud800a', 'utf16le'),
        'The file is not valid UTF-16LE: a half of a surrogate pair is after byte 2.',
      ],
      [
        Buffer.from('\ufeffab', 'utf16le').subarray(0, 5),
        'The file is not valid UTF-16LE: its last character is not complete.',
      ],
      [
        Buffer.from('PK\x03\x04....'),
        'The file is a ZIP archive, e.g. an Excel workbook. Convert it to text and drop it again.',
      ],
    ] as const
    for (const [content, sentence] of refusals) expect(await textOf(content)).to.equal(sentence)
  })

  it('is refused when a small compressed file expands to more than 250 times its size', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024))
    let bytes = 0
    try {
      for await (const part of readRecords(inMemoryFile(bomb), csv)) bytes += part.length
    } catch (error) {
      expect((error as Error).message).to.match(/^The file expands to more than 250 times/)
    }
    expect(bytes).to.be.within(1, 64 * 1024 * 1024)
  })
})

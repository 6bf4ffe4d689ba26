import { expect } from 'chai'
import fc from 'fast-check'
import { plainCheckOf } from '../../../services/pipelines/files/delimited/plain-values.ts'
import { ByteLoader, fileDeclaration } from '../../support/load-bytes.ts'
import type { Name } from './load-path-lines.ts'
import { hostile, linesOf, types, usual } from './load-path-lines.ts'

const formats = [
  { map: 'format = "csv"', delimiter: ',', hasHeader: true },
  { map: 'format = "csv"\nheader = false\ndelimiter = ";"', delimiter: ';', hasHeader: false },
  { map: 'format = "csv"\nquote = ""\nheader = false', delimiter: ',', hasHeader: false },
  { map: `format = "csv"\nquote = "'"\nheader = false`, delimiter: ',', hasHeader: false },
  { map: 'format = "tsv"', delimiter: '\t', hasHeader: true },
]
const tables = ['', 'key = ["i"]', 'key = ["i"]\non_conflict = "update"']

const aFile = fc
  .tuple(
    fc.constantFrom(...formats),
    fc.constantFrom(...tables),
    fc.shuffledSubarray(Object.keys(types) as Name[], { minLength: 1 }),
  )
  .chain(([format, table, some]) => {
    const names = table === '' || some.includes('i') ? some : ([...some, 'i'] as const)
    return linesOf(names, format.delimiter).map((lines) => ({
      ...{ format, table, names },
      content: (format.hasHeader ? `${names.join(format.delimiter)}\n` : '') + lines,
    }))
  })

/** Characters up to U+00FF that UTF-8 does not have as one byte, so that some bytes are not valid. */
const toBytes = (text: string): Buffer =>
  text.includes('\xff') ? Buffer.from(text, 'latin1') : Buffer.from(text)

function declarationOf(map: string, names: readonly Name[], table: string) {
  const columns = names.map((name) => `{ name = "${name}", ${types[name]} }`).join(', ')
  return fileDeclaration(
    `name = "x"\nfrom.files.match = ["*"]\n[map]\n${map}\ncolumns = [${columns}]\n[to.table]\nname = "x"\n${table}\n`,
  )
}

describe('The lines of a file that are sent as they are', function () {
  this.timeout(60_000)
  let loader: ByteLoader

  before(async () => {
    loader = await ByteLoader.create()
  })

  after(() => loader[Symbol.asyncDispose]())

  it('give the same rows and dead letters as lines that are decoded', async () => {
    await fc.assert(
      fc.asyncProperty(aFile, async ({ format, table, names, content }) => {
        const declaration = declarationOf(format.map, names, table)
        const { usual: sent, decoded } = await loader.load(declaration, toBytes(content))
        expect(sent).to.deep.equal(decoded)
      }),
      { numRuns: 120 },
    )
  })

  it('give the same dead letter for a quote that ends after the rows that are stored together', async () => {
    const declaration = declarationOf(
      'format = "csv"\nheader = false\ndelimiter = ";"',
      ['i', 'b'],
      'key = ["i"]',
    )
    // The second row with the key 1 makes the rows be stored one by one.
    const content = '1;5\n"not closed\n1;5\n 1 ;5\n2;"b, c"\n'
    const { usual: sent, decoded } = await loader.load(declaration, content)
    expect(sent).to.deep.equal(decoded)
    expect(JSON.stringify(sent)).to.include('bad-quote')
  })

  it('have only fields that Postgres reads exactly as the decoder does', async () => {
    for (const name of Object.keys(types).filter((each) => each !== 'k') as Name[]) {
      const declaration = declarationOf('format = "tsv"\nheader = false', ['k', name], '')
      const [, column] = declaration.step.columns
      const check = column && plainCheckOf(column)
      const texts = [...usual[name], ...hostile[name]].filter((text) => {
        const bytes = Buffer.from(text)
        return text !== '' && check?.isPlain(bytes, 0, bytes.length) === true
      })
      expect(texts, name).to.include(usual[name][0])
      const lines = texts.filter((text) => !/[\p{Cc}]/u.test(text))
      const content = lines.map((text, index) => `${index}\t${text}\n`).join('')
      const { usual: sent, decoded } = await loader.load(declaration, content)
      expect(sent, name).to.deep.equal(decoded)
    }
  })
})

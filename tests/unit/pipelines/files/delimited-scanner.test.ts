import { expect } from 'chai'
import fc from 'fast-check'
import type { DelimitedFormat } from '../../../../services/pipelines/files/delimited/delimited-scanner.ts'
import {
  DelimitedScanner,
  quoting,
} from '../../../../services/pipelines/files/delimited/delimited-scanner.ts'

const csv: DelimitedFormat = { delimiter: ',', quote: '"' }
const tsv: DelimitedFormat = { delimiter: '\t', quote: undefined }
const encoder = new TextEncoder()
const decoder = new TextDecoder()

type Read = {
  readonly line: number
  readonly text: string
  /** The fault, or the fields; `null` is an empty field without quotes. */
  readonly content: string | (string | null)[]
}

/** Scans a text that arrives in pieces of so many bytes. */
function scan(
  text: string,
  { format = csv, chunkBytes = 1_000_000, maxLineBytes = 1_000 } = {},
): Read[] {
  const scanner = new DelimitedScanner(format, maxLineBytes)
  const bytes = encoder.encode(text)
  const found: Read[] = []
  const drain = () => {
    for (let line = scanner.next(); line !== undefined; line = scanner.next()) {
      const { begins, ends, quotings } = line
      const fields = Array.from({ length: line.fieldCount }, (_, index) => {
        const field = decoder.decode(line.bytes.subarray(begins[index], ends[index]))
        if (quotings[index] === quoting.none) return field === '' ? null : field
        return quotings[index] === quoting.escaped ? field.replaceAll('""', '"') : field
      })
      found.push({
        line: line.line,
        text: decoder.decode(line.bytes.subarray(line.begin, line.end)),
        content: line.fault ?? fields,
      })
    }
  }
  for (let begin = 0; begin < bytes.length; begin += chunkBytes) {
    scanner.push(bytes.subarray(begin, begin + chunkBytes))
    drain()
  }
  scanner.end()
  drain()
  return found
}

const contentsOf = (text: string, options?: Parameters<typeof scan>[1]) =>
  scan(text, options).map(({ line, content }) => [line, content])

describe('Scanning a delimited file', () => {
  it('finds the fields of each line', () => {
    expect(contentsOf('id,name\n1,Ada\n2,Ben\n')).to.deep.equal([
      [1, ['id', 'name']],
      [2, ['1', 'Ada']],
      [3, ['2', 'Ben']],
    ])
  })

  it('does not need a line break at the end', () => {
    expect(contentsOf('1,Ada')).to.deep.equal([[1, ['1', 'Ada']]])
    expect(contentsOf('1,"Ada"')).to.deep.equal([[1, ['1', 'Ada']]])
  })

  it('finds nothing in an empty file', () => {
    expect(contentsOf('')).to.deep.equal([])
  })

  it('reads line breaks of Windows', () => {
    expect(contentsOf('1,Ada\r\n2,"Ben"\r\n3,\r\n')).to.deep.equal([
      [1, ['1', 'Ada']],
      [2, ['2', 'Ben']],
      [3, ['3', null]],
    ])
    expect(scan('1,"Ada"\r\n')[0]?.text).to.equal('1,"Ada"')
  })

  it('tells an empty field from an empty text in quotes', () => {
    expect(contentsOf('1,,""\n,\n')).to.deep.equal([
      [1, ['1', null, '']],
      [2, [null, null]],
    ])
  })

  it('finds one empty field in an empty line', () => {
    expect(contentsOf('\n1\n')).to.deep.equal([
      [1, [null]],
      [2, ['1']],
    ])
  })

  it('reads delimiters, quotes and line breaks inside quotes', () => {
    expect(contentsOf('1,"a,b"\n2,"say ""hi"""\n3,"two\nlines"\n4,x\n')).to.deep.equal([
      [1, ['1', 'a,b']],
      [2, ['2', 'say "hi"']],
      [3, ['3', 'two\nlines']],
      [5, ['4', 'x']],
    ])
  })

  it('reports text after a closing quote, and goes on at the next line', () => {
    expect(contentsOf('1,"a"b\n2,c\n')).to.deep.equal([
      [1, 'bad-quote'],
      [2, ['2', 'c']],
    ])
  })

  it('reports a quote inside a field without quotes', () => {
    expect(contentsOf('1,5" pipe\n2,c\n')).to.deep.equal([
      [1, 'bad-quote'],
      [2, ['2', 'c']],
    ])
  })

  it('loses only the line with a quote that is not closed', () => {
    expect(contentsOf('1,"a\n2,b\n3,c\n')).to.deep.equal([
      [1, 'quote-not-closed'],
      [2, ['2', 'b']],
      [3, ['3', 'c']],
    ])
    expect(contentsOf('1,"a\n2,"b"\n3,c\n')).to.deep.equal([
      [1, 'bad-quote'],
      [2, ['2', 'b']],
      [3, ['3', 'c']],
    ])
  })

  it('looks for the end of a quote only up to the longest line', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `${index},x\n`).join('')
    const found = contentsOf(`0,"open\n${lines}`, { maxLineBytes: 50 })
    expect(found).to.have.length(101)
    expect(found[0]).to.deep.equal([1, 'quote-not-closed'])
    expect(found[100]).to.deep.equal([101, ['99', 'x']])
  })

  for (const chunkBytes of [1, 7, 1_000_000]) {
    it(`reports a line that is too long and goes on after it, in pieces of ${chunkBytes} bytes`, () => {
      const found = scan(`1,${'x'.repeat(200)}\n2,b\n`, { maxLineBytes: 50, chunkBytes })
      expect(found.map(({ line, content }) => [line, content])).to.deep.equal([
        [1, 'too-long'],
        [2, ['2', 'b']],
      ])
      expect(found[0]?.text).to.match(/^1,x+$/)
    })
  }

  it('has no quotes and no escapes in TSV', () => {
    expect(contentsOf('1\t"a\tC:\\temp\n2\tb"\t\n', { format: tsv })).to.deep.equal([
      [1, ['1', '"a', 'C:\\temp']],
      [2, ['2', 'b"', null]],
    ])
  })

  it('reads lines with hundreds of fields', () => {
    const names = Array.from({ length: 500 }, (_, index) => `f${index}`)
    expect(contentsOf(`${names.join(',')}\n`, { maxLineBytes: 10_000 })).to.deep.equal([[1, names]])
  })

  it('reads what was written, in pieces of any size', () => {
    const field = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.stringMatching(/^[a",\n\r]{0,6}$/),
      fc.constant(null),
    )
    const lines = fc.array(fc.array(field, { minLength: 1, maxLength: 6 }), { maxLength: 8 })
    const write = (value: string | null) =>
      value === null ? '' : `"${value.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(
        lines,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (rows, chunkBytes, isWindows) => {
          const end = isWindows ? '\r\n' : '\n'
          const text = rows.map((row) => row.map(write).join(',') + end).join('')
          const expected = rows.map((row) => row.map((value) => value?.toWellFormed() ?? null))
          expect(scan(text, { chunkBytes }).map(({ content }) => content)).to.deep.equal(expected)
        },
      ),
    )
  })

  it('finds the same lines and faults for pieces of any size', () => {
    const text = fc.stringMatching(/^[a1",\n\r]{0,60}$/)
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (content, chunkBytes) => {
        const whole = scan(content, { maxLineBytes: 1_000 })
        expect(scan(content, { maxLineBytes: 1_000, chunkBytes })).to.deep.equal(whole)
      }),
      { numRuns: 1_000 },
    )
  })

  it('reports each line of the file exactly once', () => {
    const text = fc.stringMatching(/^[a1",\n]{0,60}$/)
    fc.assert(
      fc.property(text, (content) => {
        const found = scan(content).map((each) => each.text)
        const whole = content.endsWith('\n') ? content.slice(0, -1) : content
        expect(found.join('\n')).to.equal(content === '' ? '' : whole)
      }),
      { numRuns: 1_000 },
    )
  })
})

import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { parquet } from '../../../../services/pipelines/files/formats/parquet.ts'
import { outcomesOf, stepOf } from '../../../support/file-reading.ts'

describe('A file in the format csv', () => {
  const stepWith = (keys = '') =>
    stepOf(`format = "csv"
${keys}
columns = [ { name = "id", type = "integer" }, { name = "name", type = "text" } ]`)

  it('may have more fields than columns, and its lines have as many fields as its header', async () => {
    const text = 'extra,name,id\nx,Ann,1\ny,Bob\nz,Eve,3,4\n,Zoë,5\n'
    expect(await outcomesOf(text, stepWith())).to.deep.equal([
      [1, 'Ann'],
      [3, 'field-count', 'The line has 2 fields; the header has 3.'],
      [4, 'field-count', 'The line has 4 fields; the header has 3.'],
      [5, 'Zoë'],
    ])
    expect(await outcomesOf(text, stepWith('unknown = "reject"'))).to.deep.equal([
      'The header has fields that no column reads: "extra".',
    ])
  })

  it('is refused with a sentence if its header is not usable', async () => {
    const refusals = [
      ['', 'The file is empty; expected a header with the fields "id", "name".'],
      ['id\n1\n', 'The header has no field "name"; its fields are "id".'],
      ['id,name,id\n1,Ann,2\n', 'The header has the field "id" twice.'],
      [Buffer.from('id,name,\xe4\n1,Ann,2\n', 'latin1'), 'The header is not valid UTF-8.'],
      ['"id,name\n1,Ann\n', /^The header cannot be read\. .+\.$/],
    ] as const
    for (const [content, sentence] of refusals) {
      const found = await outcomesOf(content, stepWith())
      expect(found).to.have.length(1)
      if (typeof sentence === 'string') expect(found[0]).to.equal(sentence)
      else expect(found[0]).to.match(sentence)
    }
  })
})

describe('A file in the format json', () => {
  const step = stepOf(`format = "json"
columns = [ { name = "id", type = "bigint" }, { name = "name", type = "text" }, { name = "rest", type = "json" } ]`)

  it('is an array of objects whose lines are their numbers, or one object', async () => {
    const text =
      '[ {"id": 1,\n"name": "a,]\\"}"} ,\r\n{"id":9007199254740993,"rest":[{"x":[]}]},{}, 5,"x",[1]]\n'
    const expected = [
      [1, 'a,]"}', null],
      [9007199254740993n, null, '[{"x":[]}]'],
      [null, null, null],
      [4, 'not-an-object', 'The line is JSON, but not an object.'],
      [5, 'not-an-object', 'The line is JSON, but not an object.'],
      [6, 'not-an-object', 'The line is JSON, but not an object.'],
    ]
    for (const partBytes of [1, 5, 1_000])
      expect(await outcomesOf(text, step, partBytes)).to.deep.equal(expected)
    expect(await outcomesOf('{\n"id": 1\n}\n', step)).to.deep.equal([[1, null, null]])
    expect(await outcomesOf(' [ ] ', step)).to.deep.equal([])
    expect(await outcomesOf(gzipSync('\ufeff[{"id":2}]'), step)).to.deep.equal([[2, null, null]])
  })

  it('has the elements that JSON.parse finds, in parts of every size', async () => {
    const elements = fc.array(
      fc.record({ id: fc.integer(), name: fc.string(), rest: fc.jsonValue() }),
    )
    await fc.assert(
      fc.asyncProperty(elements, fc.nat(3), fc.integer({ min: 1, max: 30 }), async (...given) => {
        const [objects, indent, partBytes] = given
        const lines = objects.map((object) => JSON.stringify(object)).join('\n')
        const ndjson = { ...step, format: { kind: 'ndjson' } } as const
        expect(
          await outcomesOf(JSON.stringify(objects, null, indent), step, partBytes),
        ).to.deep.equal(await outcomesOf(lines, ndjson, partBytes))
      }),
      { numRuns: 50 },
    )
  })

  it('is refused with a sentence if it is no array, after the elements before the fault', async () => {
    const refusals = [
      ['', 'The file is empty; expected a JSON array of objects, or one object.'],
      [
        'id,name',
        'The file is not a JSON array: byte 1 is "i"; expected a JSON array of objects, or one object.',
      ],
      ['[{}', 'The file is not complete: the "]" after element 1 is missing.'],
      ['[{"a":"', 'The file is not complete: it ends within element 1.'],
      ['[{},]', 'The file is not a JSON array: byte 5 is "]"; expected element 2.'],
      [
        '[{} {}]',
        'The file is not a JSON array: byte 5 is "{"; expected "," or "]" after element 1.',
      ],
      ['[{}] x', 'The file is not a JSON array: byte 6 is "x"; expected nothing after the array.'],
      [
        '{}\n{}',
        'The file is not a JSON array: byte 4 is "{"; expected nothing after the object; declare map.format = "ndjson" for one object per line.',
      ],
    ] as const
    for (const [text, sentence] of refusals)
      expect((await outcomesOf(text, step)).at(-1), text).to.equal(sentence)
    const bad = await outcomesOf('[{"name":"a\nb"},{"id":}]', step)
    expect(bad.map((each) => (each as unknown[])[1])).to.deep.equal(['not-json', 'not-json'])
  })
})

describe('A file in the format parquet', () => {
  const read = (name: string): Buffer => readFileSync(`tests/fixtures/parquet/${name}.parquet`)
  const step = stepOf(`format = "parquet"
columns = [
  { name = "id", type = "bigint" }, { name = "name", type = "text" }, { name = "price", type = "numeric" },
  { name = "small", type = "numeric(5,1)" }, { name = "ratio", type = "double" }, { name = "ok", type = "boolean" },
  { name = "at", type = "timestamp" }, { name = "nanos", type = "timestamp" }, { name = "day", type = "date" },
  { name = "tags", type = "json" }, { name = "lat", type = "double", from = "$.place.lat" },
]`)
  const rows = [
    [
      1,
      'Ann',
      '0.1',
      '1.5',
      0.1,
      true,
      1767225600123456,
      1767225600123456,
      20484,
      '["a","b"]',
      1.5,
    ],
    [2, 'Zoë 😀', '-12345678901234567890.25', '-0.1', -0, false, -1, -1, -329893, '[]', null],
    [9007199254740993n, ...Array.from({ length: 10 }, () => null)],
  ]

  it('has all digits of its values, however its pages are compressed', async () => {
    for (const name of ['none', 'snappy', 'gzip', 'zstd', 'lz4', 'brotli'])
      expect(await outcomesOf(read(name), step), name).to.deep.equal(rows)
  })

  it('has the same values with each encoding, in pages of both versions', async () => {
    const encoded = stepOf(`format = "parquet"
columns = [
  { name = "id", type = "integer" }, { name = "big", type = "bigint" }, { name = "name", type = "text" },
  { name = "suffix", type = "text" }, { name = "ratio", type = "double" }, { name = "ok", type = "boolean" },
]`)
    // DELTA_BINARY_PACKED (twice), DELTA_BYTE_ARRAY, DELTA_LENGTH_BYTE_ARRAY, BYTE_STREAM_SPLIT, RLE.
    const expected = Array.from({ length: 300 }, (_, index) => [
      ((index * 7_919) % 100_003) - 50_000,
      String(BigInt((index % 3) - 1) * 9_007_199_254_740_993n + BigInt(index)),
      index % 7 === 3
        ? null
        : `route/${String(Math.floor(index / 10)).padStart(5, '0')}/Zürich ${index}`,
      String(index),
      index * 0.1 - 5,
      index % 3 === 0,
    ])
    for (const name of ['encodings-v1', 'encodings-v2']) {
      const found = (await outcomesOf(read(name), encoded)) as unknown[][]
      expect(
        found.map((row) => row.map((value, column) => (column === 1 ? String(value) : value))),
        name,
      ).to.deep.equal(expected)
    }
  })

  it('is refused if the texts of a small page would be too large together', async () => {
    const text = stepOf('format = "parquet"\ncolumns = [ { name = "text", type = "text" } ]')
    // 300 texts of a million characters; each one repeats the one before.
    expect(await outcomesOf(read('repeated-prefix'), text)).to.deep.equal([
      'A page of the column "text" would have 286 MiB of text; at most 64 MiB can be read. Write the file with smaller pages, or with another encoding than DELTA_BYTE_ARRAY.',
    ])
  })

  it('is passed on in small parts, also if it repeats a long value', async () => {
    const content = read('repeated')
    const file = Object.assign(Readable.from([content]), {
      size: content.length,
      read: (begin: number, end: number) => Promise.resolve(content.subarray(begin, end)),
    })
    const lengths: number[] = []
    for await (const part of parquet.toLines(file, { names: ['id', 'text'], isComplete: true }))
      lengths.push(part.length)
    // 300 rows with 100,000 characters each, from a file of 1.5 kB.
    expect(lengths.reduce((sum, length) => sum + length)).to.be.greaterThan(30_000_000)
    expect(Math.max(...lengths)).to.be.lessThan(2_000_000)
  })

  it('of an old writer has its timestamps of 96 bits and its decimals in integers', async () => {
    const old = stepOf(`format = "parquet"
columns = [ { name = "at", type = "timestamp" }, { name = "small", type = "numeric" } ]`)
    expect(await outcomesOf(read('int96'), old)).to.deep.equal([
      [1767225600123456, '1.5'],
      [-1, '-0.1'],
      [null, null],
    ])
  })

  it('has a dead letter for bytes that are not UTF-8', async () => {
    const raw = stepOf('format = "parquet"\ncolumns = [ { name = "raw", type = "text" } ]')
    expect(await outcomesOf(read('none'), raw)).to.deep.equal([
      ['abc'],
      [2, 'bad-text', 'The field "raw" has half of a surrogate pair, which is not valid Unicode.'],
      [null],
    ])
  })

  it('is refused with a sentence if it is truncated or damaged, or lacks a declared field', async () => {
    const content = read('snappy')
    const other = stepOf('format = "parquet"\ncolumns = [ { name = "no", type = "text" } ]')
    const refusals = [
      [Buffer.alloc(0), 'The file is empty; expected a Parquet file.'],
      [
        Buffer.from('id,name\n'),
        'The file is not in the format Parquet: it does not begin with PAR1.',
      ],
      [
        content.subarray(0, -1),
        'The file is not complete: a Parquet file ends with PAR1. Drop a complete copy.',
      ],
      [
        Buffer.from('PAR1PAR1'),
        'The file is not complete: a Parquet file ends with PAR1. Drop a complete copy.',
      ],
      [Buffer.concat([content.subarray(0, 900), content.subarray(1_000)]), /^The file is damaged/],
    ] as const
    for (const [bytes, sentence] of refusals) {
      const [found] = (await outcomesOf(bytes, step)).slice(-1)
      if (typeof sentence === 'string') expect(found).to.equal(sentence)
      else expect(found).to.match(sentence)
    }
    expect(await outcomesOf(content, other)).to.deep.equal([
      'The file has no field "no"; its fields are "id", "name", "price", "small", "ratio", "ok", "at", "nanos", "day", "tags", "place", "raw".',
    ])
    // Random damage must end in rows, letters or a sentence.
    for (let at = 0; at < content.length; at += 97) {
      const damaged = Buffer.from(content)
      damaged[at] = (damaged[at] ?? 0) ^ 0xff
      await outcomesOf(damaged, step)
    }
  })
})

/** Fields of a structure in the compact protocol of Thrift, by number. */
type Fields = Readonly<Record<number, Buffer>>

const types = { i32: 5, i64: 6, text: 8, list: 9, struct: 12 } as const
type Type = keyof typeof types

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)])
    bytes.push(Number(rest & 127n) | 128)
  }
}

/** A value after its type. */
const typed = (type: Type, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([types[type]]), bytes])
const zigzag = (value: number): Buffer => varint(BigInt(value) * 2n)
const i32 = (value: number): Buffer => typed('i32', zigzag(value))
const i64 = (value: number): Buffer => typed('i64', zigzag(value))
const text = (value: string): Buffer =>
  typed('text', Buffer.concat([varint(BigInt(value.length)), Buffer.from(value)]))
const list = (type: Type, items: readonly Buffer[]): Buffer =>
  typed(
    'list',
    Buffer.concat([
      Buffer.from([(items.length << 4) | types[type]]),
      ...items.map((item) => item.subarray(1)),
    ]),
  )

function struct(fields: Fields): Buffer {
  let before = 0
  const parts = Object.entries(fields).map(([name, value]) => {
    const delta = Number(name) - before
    before = Number(name)
    return Buffer.concat([Buffer.from([(delta << 4) | (value[0] ?? 0)]), value.subarray(1)])
  })
  return typed('struct', Buffer.concat([...parts, Buffer.from([0])]))
}

export type TinyParquet = {
  /** The numbers of rows in the metadata. */
  readonly rows: number
  /** The number of values in the header of each page. All of them are null. */
  readonly pages: readonly number[]
  readonly isRepeated?: boolean
  /** The number of the encoding in the headers of the pages; default: 0, which is PLAIN. */
  readonly encoding?: number
}

/** A Parquet file of some bytes with one column `id`, whose headers say how many values it has. */
export function tinyParquet({
  rows,
  pages,
  isRepeated = false,
  encoding = 0,
}: TinyParquet): Buffer {
  const content = Buffer.concat(pages.map((values) => pageOf(values, isRepeated, encoding)))
  const total = pages.reduce((sum, values) => sum + values, 0)
  const column = struct({
    ...{ 1: i32(2), 2: list('i32', [i32(0)]), 3: list('text', [text('id')]), 4: i32(0) },
    ...{ 5: i64(total), 6: i64(content.length), 7: i64(content.length), 9: i64(4) },
  })
  const group = struct({
    ...{ 1: list('struct', [struct({ 2: i64(4), 3: column })]), 2: i64(content.length) },
    3: i64(rows),
  })
  const schema = [
    struct({ 4: text('root'), 5: i32(1) }),
    struct({ 1: i32(2), 3: i32(isRepeated ? 2 : 1), 4: text('id') }),
  ]
  const metadata = struct({
    ...{ 1: i32(1), 2: list('struct', schema), 3: i64(rows), 4: list('struct', [group]) },
  }).subarray(1)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(metadata.length)
  return Buffer.concat([Buffer.from('PAR1'), content, metadata, size, Buffer.from('PAR1')])
}

/** One run of the level 0 stands for all values. */
function pageOf(values: number, isRepeated: boolean, encoding: number): Buffer {
  const run = Buffer.concat([varint(BigInt(values) * 2n), Buffer.from([0])])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(run.length)
  const levels = Buffer.concat([size, run])
  const content = isRepeated ? Buffer.concat([levels, levels]) : levels
  const head = struct({ 1: i32(values), 2: i32(encoding), 3: i32(3), 4: i32(3) })
  const header = struct({ 1: i32(0), 2: i32(content.length), 3: i32(content.length), 5: head })
  return Buffer.concat([header.subarray(1), content])
}

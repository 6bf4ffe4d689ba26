import type { Random } from '../../../fleet/random.ts'
import { pick, textOf, wholeBetween } from './schema-values.ts'

/** Values that often break code. */
const oddValues: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  '0',
  'NaN',
  -1,
  -0,
  1e308,
  -1e308,
  5e-324,
  2 ** 53,
  90.000_000_1,
  360,
  500.000_1,
  '\u0000',
  '\ud800',
  'x'.repeat(5_000),
  '2026-02-30T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '9999-12-31T23:59:60Z',
  "'; drop table diag; --",
  [],
  {},
  [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],
  { toString: 1, constructor: 2 },
]
const oddNames = ['__proto__', 'constructor', 'vin ', 'VIN', '', 'timestamp\u0000', 'metadata.x']

/** The object with one member removed, changed or added, or replaced as a whole. */
export function corruptObject(value: Record<string, unknown>, random: Random): unknown {
  const name = pick(Object.keys(value), random)
  const { [name]: _, ...rest } = value
  const odd = pick(oddValues, random)
  switch (wholeBetween(0, 4, random)) {
    case 0:
      return rest
    case 1:
      return { ...rest, [pick(oddNames, random)]: odd }
    case 2:
      return odd
    default:
      return { ...rest, [name]: odd }
  }
}

/** The bytes with some of them removed, replaced, repeated or inserted. */
export function corruptBytes(bytes: Buffer, random: Random): Buffer {
  let corrupted = bytes
  for (let times = wholeBetween(1, 4, random); times > 0; times -= 1) {
    const at = wholeBetween(0, corrupted.length, random)
    const to = Math.min(at + wholeBetween(0, 8, random), corrupted.length)
    const added = pick(
      [
        Buffer.alloc(0),
        Buffer.from(textOf(3, random)),
        Buffer.from([wholeBetween(0, 255, random)]),
        corrupted.subarray(at, to),
        Buffer.from('\ufeff'),
        Buffer.from('1e999'),
      ],
      random,
    )
    corrupted = Buffer.concat([corrupted.subarray(0, at), added, corrupted.subarray(to)])
  }
  return corrupted
}

/** Random bytes without meaning. */
export function randomBytes(random: Random): Buffer {
  const length = wholeBetween(0, random() < 0.02 ? 70_000 : 300, random)
  return Buffer.from(Array.from({ length }, () => wholeBetween(0, 255, random)))
}

import fc from 'fast-check'

export const types = {
  k: 'type = "integer"',
  i: 'type = "integer"',
  b: 'type = "bigint", default = 7',
  d: 'type = "double"',
  n: 'type = "numeric"',
  p: 'type = "numeric(6,2)"',
  t: 'type = "text"',
  m: 'type = "text", max_length = 3, required = true',
  s: 'type = "timestamp"',
  e: 'type = "date"',
  o: 'type = "boolean"',
  u: 'type = "uuid"',
}
export type Name = keyof typeof types

const hostileTexts = [
  ...[
    '',
    '""',
    '"',
    '"a',
    'a"b',
    '"a""b"',
    '"a,b"',
    '"a\nb"',
    '"a\r\nb"',
    '"a\rb"',
    'a\rb',
    '\\N',
    '\\.',
  ],
  ...[
    '\\',
    'C:\\temp',
    '\\x41',
    'null',
    'NULL',
    ' ',
    '\t',
    'ä',
    '"ä"',
    '€',
    '😀',
    '\0',
    '"\0"',
    '\x01',
    '\ufeff',
  ],
]
const numbers = [
  ...[
    '0',
    '-0',
    '-0.0',
    '007',
    '+5',
    '1e3',
    '1E-2',
    ' 12 ',
    '"12"',
    '0x10',
    '1_000',
    'NaN',
    'Infinity',
    '-inf',
  ],
  ...[
    '.5',
    '5.',
    '1.50',
    '1.500',
    '1.005',
    '9999.99',
    '10000',
    '123456.7',
    '-12.5',
    '3.0',
    '1,5',
    '１２',
  ],
  ...[
    '2147483647',
    '2147483648',
    '-2147483648',
    '9223372036854775807',
    '9223372036854775808',
    '1e400',
    '1e-400',
  ],
  ...[
    '0.1234567890123456789',
    '123456789012345678.123',
    `0.${'0'.repeat(40)}1`,
    '9'.repeat(120),
    '-',
  ],
]
const times = [
  ...[
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00.123456Z',
    '2026-01-31T12:00:00.1234567Z',
    '2026-01-31 12:00:00Z',
  ],
  ...[
    '2026-01-31T12:00:00+01:00',
    '2026-01-31T12:00:00',
    '2026-01-31',
    '2026-02-30',
    '2026-1-31',
    '31.01.2026',
  ],
  ...[
    'now',
    'today',
    'tomorrow',
    'epoch',
    'infinity',
    '-infinity',
    'allballs',
    '2026-01-31T24:00:00Z',
    '1500-01-01',
  ],
  ...[
    '2026-01-31T23:59:60Z',
    '9999-12-31',
    '0001-01-01',
    '0000-01-01',
    '2026-01-31 BC',
    '20260131',
    '0044-03-15T00:00:00Z',
  ],
]
const booleans = [
  't',
  'TRUE',
  'yes',
  'on',
  '1',
  'F',
  'no',
  'off',
  '0',
  'tr',
  'ye',
  'of',
  'o',
  'ja',
  '2',
  ' true ',
]
const uuids = [
  ...['123e4567-e89b-12d3-a456-426614174000', '123E4567-E89B-12D3-A456-426614174000'],
  ...[
    '123e4567e89b12d3a456426614174000',
    '{123e4567-e89b-12d3-a456-426614174000}',
    '123e4567-e89b-12d3',
  ],
]
export const usual: Record<Name, readonly string[]> = {
  ...{
    k: ['5'],
    i: ['1', '-20'],
    b: ['3', '400000000000'],
    d: ['1.5', '-0.25'],
    n: ['12.5', '7'],
    p: ['1.25', '9'],
  },
  ...{ t: ['Ann', '"b, c"'], m: ['abc', '"x"'], s: ['2026-01-31T12:00:00.5Z'], e: ['2026-01-31'] },
  ...{ o: ['true', 'f'], u: ['123e4567-e89b-12d3-a456-426614174000'] },
}
export const hostile: Record<Name, readonly string[]> = {
  ...{
    k: numbers,
    i: numbers,
    b: numbers,
    d: numbers,
    n: numbers,
    p: numbers,
    t: hostileTexts,
    m: hostileTexts,
  },
  ...{ s: times, e: times, o: booleans, u: uuids },
}

const hostileField = (name: Name): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...hostile[name]) },
    { weight: 2, arbitrary: fc.constantFrom('', '""') },
    { weight: 2, arbitrary: fc.constantFrom(...hostileTexts) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 6 }) },
  )

/** The fields of a line. At most one is hostile, so that nothing else decides about the line. */
function fieldsOf(names: readonly Name[]): fc.Arbitrary<string[]> {
  const usualFields = fc.tuple(...names.map((name) => fc.constantFrom(...usual[name])))
  const at = fc.nat(names.length - 1)
  const withHostile = fc
    .tuple(
      usualFields,
      at.chain((index) => fc.tuple(fc.constant(index), hostileField(names[index] as Name))),
    )
    .map(([fields, [index, field]]) => fields.with(index, field))
  return fc.oneof({ weight: 3, arbitrary: usualFields }, { weight: 1, arbitrary: withHostile })
}

const lineBreak = fc.constantFrom('\n', '\r\n')

/** Some lines with their line breaks: most have the fields of the columns. */
export function linesOf(names: readonly Name[], delimiter: string): fc.Arbitrary<string> {
  const fields = fieldsOf(names).map((all) => all.join(delimiter))
  const line = fc.oneof(
    { weight: 40, arbitrary: fields },
    { weight: 1, arbitrary: fields.map((text) => `${text}${delimiter}extra`) },
    { weight: 1, arbitrary: fields.map((text) => text.slice(0, text.lastIndexOf(delimiter))) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '\\.', '\\N', '"not closed', '\xff\xfe', delimiter),
    },
  )
  const usualBreak = lineBreak.chain((usualOne) =>
    fc.array(
      fc.tuple(
        line,
        fc.oneof(
          { weight: 30, arbitrary: fc.constant(usualOne) },
          { weight: 1, arbitrary: lineBreak },
        ),
      ),
      { minLength: 1, maxLength: 12 },
    ),
  )
  return fc.tuple(usualBreak, fc.boolean()).map(([lines, isCut]) => {
    const text = lines.flat().join('')
    return isCut ? text.replace(/\r?\n$/, '') : text
  })
}

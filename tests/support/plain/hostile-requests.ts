import type { Random } from '../../../fleet/random.ts'
import { shuffled } from '../../../fleet/random.ts'
import { corruptBytes, corruptObject } from '../fuzz/corrupt.ts'
import { pick, wholeBetween } from '../fuzz/schema-values.ts'
import { aReadingJson } from '../builders.ts'
import type { RequestParts } from './plain-request.ts'
import { aPlainRequest, aRecentReading, toBytes } from './plain-request.ts'

/** Requests to `POST /events` that a server could misread: odd lines, lengths, ends and bodies, one after another. */

const requestLines = [
  'POST /events HTTP/1.0',
  'POST /events HTTP/1.2',
  'POST /events HTTP/2.0',
  'POST  /events HTTP/1.1',
  'POST /events  HTTP/1.1',
  'POST /events HTTP/1.1 ',
  'POST\t/events HTTP/1.1',
  'post /events HTTP/1.1',
  'PUT /events HTTP/1.1',
  'GET /events HTTP/1.1',
  'HEAD /events HTTP/1.1',
  'POST /events? HTTP/1.1',
  'POST /events?unknown=metadata HTTP/1.1',
  'POST /events?lat=1 HTTP/1.1',
  'POST /events/ HTTP/1.1',
  'POST /Events HTTP/1.1',
  'POST /%65vents HTTP/1.1',
  'POST //events HTTP/1.1',
  'POST /events# HTTP/1.1',
  'POST http://localhost/events HTTP/1.1',
  'POST http://evil.example/events HTTP/1.1',
  'POST /events',
  'POST /devices/osmand HTTP/1.1',
  '\r\nPOST /events HTTP/1.1',
  '\nPOST /events HTTP/1.1',
  ' POST /events HTTP/1.1',
]

const harmlessLines = [
  'User-Agent: a vehicle/1.0 (test)',
  'Accept: */*',
  'Accept-Encoding: gzip, br',
  'Accept-Language: *',
  'Sec-Fetch-Mode: cors',
]
const authorization = 'Authorization: Bearer token of VAN-12'

const extraLines = [
  ...harmlessLines,
  authorization,
  'Sec-Fetch-Site: cross-site',
  'Connection: keep-alive',
  'Connection: Keep-Alive',
  'connection: close',
  'Connection: keep-alive, close',
  'Connection: upgrade',
  'Upgrade: h2c',
  'Keep-Alive: timeout=1',
  'Host: localhost',
  'Host: evil.example',
  'Host:',
  'Host : localhost',
  'Origin: http://evil.example',
  'Authorization: Bearer wrong',
  'Authorization: Bearer ',
  'Authorization: Basic Ong6dG9rZW4gb2YgVkFOLTEy',
  'Authorization: Basic eDp0b2tlbiBvZiBWQU4tMTI=',
  'X-Limit-U: token of VAN-12',
  'Content-Type: application/json',
  'Content-Type: application/json; charset=utf-8',
  'Content-Type: text/plain',
  'Content-Encoding: gzip',
  'Content-Encoding: identity',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, identity',
  'Transfer_Encoding: chunked',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Trailer: x',
  'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length : 5',
  'Content-Length:',
  'Content-Length: 99999999999999999999',
  ' folded: value',
  '\tContent-Length: 3',
  'X-Fold: one\r\n two',
  'User-Agent: one\r\n two',
  'no colon',
  ': no name',
  '__proto__: x',
  'constructor: x',
  'X-Nul: a\0b',
  'User-Agent: a\0b',
  'User-Agent: a\rb',
  'User-Agent: a\nb',
  'User-Agent: \x7f',
  'User-Agent: caf\xe9',
  'User-Agent:  two spaces',
  'User-Agent: space after ',
  'User-Agent:\ttab',
  'User-Agent:',
  `User-Agent: ${'x'.repeat(3_000)}`,
  `X-Large: ${'x'.repeat(20_000)}`,
  ...[101, 2_500].map((count) => Array.from({ length: count }, (_, i) => `X-${i}: 1`).join('\r\n')),
]

const bodies = [
  '',
  '{}',
  '[]',
  '[{}]',
  'null',
  '{',
  ' ',
  '\ufeff{}',
  '0\r\n\r\n',
  '2\r\n{}\r\n0\r\n\r\n',
  `[${'0,'.repeat(1_100)}0]`,
  '['.repeat(3_000),
  'POST /events HTTP/1.1\r\nHost: localhost\r\n\r\n',
]

/** Bytes after the end of the body. */
const trailing = ['\r\n', '\n', ' ', '\0', 'x', '0\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n']

/** The bytes of a connection, in the pieces in which they are sent: one to six requests, most of them odd. */
export function hostileConnection(random: Random): Buffer[] {
  const validShare = pick([0.5, 0.9], random)
  const requests = Array.from({ length: wholeBetween(1, 6, random) }, () =>
    random() < validShare ? toBytes(validRequest(random)) : hostileRequest(random),
  )
  // Each request in one piece, as most clients send them.
  if (random() < 0.5) return requests
  const bytes = Buffer.concat(requests)
  const kind = random()
  if (kind < 0.1) return inPieces(bytes.subarray(0, wholeBetween(1, bytes.length, random)), random)
  return inPieces(kind < 0.2 ? corruptBytes(bytes, random) : bytes, random)
}

/** The bytes in one to twenty pieces. */
function inPieces(bytes: Buffer, random: Random): Buffer[] {
  if (random() < 0.2) return [bytes]
  const most = random() < 0.2 ? 20 : 3
  const ends = Array.from({ length: wholeBetween(1, most, random) }, () =>
    wholeBetween(0, bytes.length, random),
  ).sort((left, right) => left - right)
  const pieces = [...ends, bytes.length].map((end, index) =>
    bytes.subarray(ends[index - 1] ?? 0, end),
  )
  return pieces.filter(({ length }) => length > 0)
}

function readingText(vin: string, random: Random): string {
  const reading = aReadingJson({
    timestamp: new Date().toISOString(),
    vin,
    sequence: wholeBetween(0, 1_000, random),
  })
  const kind = random()
  if (kind < 0.6) return JSON.stringify(reading)
  if (kind < 0.8)
    return JSON.stringify(Array.from({ length: wholeBetween(1, 40, random) }, () => reading))
  return JSON.stringify(corruptObject(reading, random))
}

function validRequest(random: Random): RequestParts {
  const isOfDevice = random() < 0.5
  const hasToken = random() < 0.95 ? isOfDevice : !isOfDevice
  const { headerLines, ...rest } = aPlainRequest(readingText(isOfDevice ? 'VAN-12' : 'A', random))
  const harmless = harmlessLines.filter(() => random() < 0.3)
  if (hasToken) harmless.push(authorization)
  return { ...rest, headerLines: shuffled([...headerLines, ...harmless], random) }
}

function hostileRequest(random: Random): Buffer {
  let parts = validRequest(random)
  for (let times = wholeBetween(1, 3, random); times > 0; times -= 1) {
    const odd = pick(pick(oddRequests(parts), random), random)
    parts = { ...odd, headerLines: shuffled(odd.headerLines, random) }
  }
  const end = random() < 0.1 ? pick(['\n', '\r', '\r\r\n', '\n\r'], random) : '\r\n'
  const bytes = toBytes(parts, end)
  return random() < 0.15 ? corruptBytes(bytes, random) : bytes
}

/** Each oddity once, in one piece, and a valid request after it. */
export function eachOddConnection(): Buffer[][] {
  const { headerLines, ...rest } = aPlainRequest(aRecentReading({ vin: 'VAN-12' }))
  const valid = { ...rest, headerLines: [...headerLines, authorization] }
  const all = oddRequests(valid).flat()
  return all.map((odd) => [toBytes(odd), toBytes(valid)])
}

/** The request with one odd line or body, by kind. */
function oddRequests(parts: RequestParts): RequestParts[][] {
  const { headerLines, body } = parts
  const withLines = (lines: readonly string[]): RequestParts => ({ ...parts, headerLines: lines })
  const changed = (at: number, line: string) => withLines(headerLines.with(at, line))
  return [
    requestLines.map((requestLine) => ({ ...parts, requestLine })),
    extraLines.map((line) => withLines([...headerLines, line])),
    headerLines.map((line) => withLines([...headerLines, line])),
    headerLines.map((_, at) => withLines(headerLines.toSpliced(at, 1))),
    headerLines.flatMap((line, at) => oddLines(line).map((odd) => changed(at, odd))),
    headerLines.flatMap((line, at) => oddLengths(line, body.length).map((odd) => changed(at, odd))),
    extraLines.map((line) =>
      withLines(headerLines.map((each) => (isSame(each, line) ? line : each))),
    ),
    bodies.map((text) => withBody(parts, Buffer.from(text))),
    trailing.map((text) => ({ ...parts, body: Buffer.concat([body, Buffer.from(text)]) })),
  ].filter(({ length }) => length > 0)
}

/** Whether two lines are about the same header. */
function isSame(line: string, other: string): boolean {
  const nameOf = (text: string) => text.split(':', 1)[0]?.toLowerCase()
  return nameOf(line) === nameOf(other)
}

function oddLines(line: string): string[] {
  const spaces = [
    line.replace(':', ' :'),
    `${line} `,
    `${line}\t`,
    ` ${line}`,
    line.replace(': ', ':  '),
  ]
  return [line.toUpperCase(), line.toLowerCase(), ...spaces, line.replace(': ', ':'), `${line}\r`]
}

/** A `Content-Length` that is wrong, or written in an unusual way. */
function oddLengths(line: string, length: number): string[] {
  if (!/^content-length:/i.test(line)) return []
  const values = [length + 1, length - 1, length + 30, `0${length}`, `+${length}`, `${length}.0`]
  const others = [`${length}, ${length}`, `0x${length.toString(16)}`, `${length} ${length}`, '']
  return [...values, ...others].map((value) => `Content-Length: ${value}`)
}

function withBody(parts: RequestParts, body: Buffer): RequestParts {
  const headerLines = parts.headerLines.map((line) =>
    line.replace(/^(content-length: )\d+$/i, `$1${body.length}`),
  )
  return { ...parts, headerLines, body }
}

import { expect } from 'chai'
import type { Socket } from 'node:net'
import {
  parseProxyHeader,
  proxyHeaderOf,
} from '../../../services/adapters/http/proxy/proxy-header.ts'

const secret = 'the-secret-of-this-platform'
const signature = '0d0a0d0a000d0a515549540a'
const parse = (bytes: Buffer) => parseProxyHeader(bytes, secret)
const headerOf = (ends: Partial<Socket>, shown = secret) => proxyHeaderOf(ends, shown)
const ports = { remotePort: 51_000, localPort: 5_001 }
const ipv4 = { remoteAddress: '203.0.113.7', localAddress: '10.0.0.1', ...ports }
const ipv6 = { remoteAddress: '2001:db8::7', localAddress: '::1', ...ports }

/** A header of hexadecimal digits; the length of the rest is added. */
function aHeader({ command = '21', family = '11', rest = '' } = {}): Buffer {
  const length = (rest.length / 2).toString(16).padStart(4, '0')
  return Buffer.from(`${signature}${command}${family}${length}${rest}`, 'hex')
}

function field(type: string, value: string): string {
  const length = value.length.toString(16).padStart(4, '0')
  return `${type}${length}${Buffer.from(value).toString('hex')}`
}

const addresses = 'cb007107' + '0a000001' + 'c738' + '1389'
const shownSecret = field('e0', secret)

describe('proxyHeaderOf', () => {
  it('writes version 2 with the addresses, the ports and the secret', () => {
    expect(headerOf(ipv4)).to.deep.equal(aHeader({ rest: addresses + shownSecret }))
  })

  for (const [title, ends, client] of [
    ['an IPv4 client', ipv4, '203.0.113.7'],
    [
      'an IPv4 client of a dual-stack socket',
      { remoteAddress: '::ffff:203.0.113.7', localAddress: '::ffff:10.0.0.1', ...ports },
      '203.0.113.7',
    ],
    ['an IPv6 client', ipv6, '2001:db8::7'],
    [
      'an IPv6 client with eight groups',
      { ...ipv6, remoteAddress: '1:2:3:4:5:6:7:8' },
      '1:2:3:4:5:6:7:8',
    ],
    ['an IPv6 client with a zone', { ...ipv6, remoteAddress: 'fe80::7%eth0' }, 'fe80::7'],
    ['a client that has disconnected', {}, undefined],
  ] as const) {
    it(`writes what parseProxyHeader reads for ${title}`, () => {
      const header = headerOf(ends)
      const followed = Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n')])
      expect(parse(followed)).to.deep.equal({ kind: 'header', bytes: header.length, client })
    })
  }
})

describe('parseProxyHeader', () => {
  it('reads only the first header, and ignores fields that it does not know', () => {
    const first = aHeader({ rest: addresses + field('04', 'xx') + shownSecret + field('20', 'y') })
    const expected = { kind: 'header', bytes: first.length, client: '203.0.113.7' }
    const second = headerOf({ ...ipv4, remoteAddress: '1.1.1.1' })
    expect(parse(Buffer.concat([first, second]))).to.deep.equal(expected)
  })

  it('takes no client from a LOCAL header', () => {
    const header = aHeader({ command: '20', rest: addresses + shownSecret })
    expect(parse(header)).to.deep.equal({ kind: 'header', bytes: header.length, client: undefined })
  })

  it('returns incomplete for every prefix of a header', () => {
    const header = headerOf(ipv6)
    for (let end = 0; end < header.length; end += 1)
      expect(parse(header.subarray(0, end)), String(end)).to.deep.equal({ kind: 'incomplete' })
  })

  for (const text of ['GET / HTTP/1.1\r\n', 'PROPFIND / HTTP/1.1\r\n', '\r\n\r\nGET /', '\0']) {
    it(`returns none for bytes that start with ${JSON.stringify(text.slice(0, 10))}`, () => {
      expect(parse(Buffer.from(text))).to.deep.equal({ kind: 'none' })
    })
  }

  for (const [why, title, bytes] of [
    ['version-1', 'a line of version 1', Buffer.from('PROXY TCP4 203.0.113.7 10.0.0.1 1 1\r\n')],
    ['no-secret', 'a header without the secret', aHeader({ rest: addresses })],
    ['no-secret', 'a LOCAL header without the secret', aHeader({ command: '20', family: '00' })],
    [
      'no-secret',
      'the secret in a field of another type',
      aHeader({ rest: addresses + field('e1', secret) }),
    ],
    ['wrong-secret', 'a secret of the same length', headerOf(ipv4, secret.toUpperCase())],
    ['wrong-secret', 'the beginning of the secret', headerOf(ipv4, secret.slice(0, -1))],
    ['wrong-secret', 'the secret and more', headerOf(ipv4, `${secret}x`)],
    ['wrong-secret', 'an empty secret', headerOf(ipv4, '')],
    [
      'malformed',
      'version 1 in the binary format',
      aHeader({ command: '11', rest: addresses + shownSecret }),
    ],
    ['malformed', 'an unknown command', aHeader({ command: '22', rest: addresses + shownSecret })],
    ['malformed', 'UDP', aHeader({ family: '12', rest: addresses + shownSecret })],
    ['malformed', 'addresses that are too short', aHeader({ rest: 'cb007107' })],
    ['malformed', 'a field that ends after the header', aHeader({ rest: `${addresses}e0ffff` })],
    ['malformed', 'a field without a length', aHeader({ rest: `${addresses}e000` })],
    [
      'malformed',
      'a header above 1 KiB',
      aHeader({ rest: addresses + shownSecret + field('04', 'x'.repeat(1_000)) }),
    ],
  ] as const) {
    it(`refuses ${title} (${why})`, () => {
      expect(parse(bytes)).to.deep.equal({ kind: 'refused', why })
    })
  }
})

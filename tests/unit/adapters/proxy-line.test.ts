import { expect } from 'chai'
import type { Socket } from 'node:net'
import { parseProxyLine, proxyLineOf } from '../../../services/adapters/http/proxy-line.ts'

const parse = (text: string) => parseProxyLine(Buffer.from(text, 'latin1'))
const lineOf = (ends: Partial<Socket>) => proxyLineOf(ends as Socket)

describe('parseProxyLine', () => {
  for (const [line, client] of [
    ['PROXY TCP4 203.0.113.7 10.0.0.1 51000 5001\r\n', '203.0.113.7'],
    ['PROXY TCP6 2001:db8::7 ::1 51000 5001\r\n', '2001:db8::7'],
    ['PROXY UNKNOWN\r\n', undefined],
    ['PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n', undefined],
  ] as const) {
    it(`parses ${line.trim()} and ignores what follows`, () => {
      const expected = { kind: 'line', bytes: line.length, client }
      expect(parse(line)).to.deep.equal(expected)
      expect(parse(`${line}PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n`)).to.deep.equal(expected)
    })
  }

  for (const text of ['GET / HTTP/1.1\r\n', 'PROPFIND / HTTP/1.1\r\n', 'proxy TCP4', '\0']) {
    it(`returns none for bytes that start with ${JSON.stringify(text.slice(0, 10))}`, () => {
      expect(parse(text)).to.deep.equal({ kind: 'none' })
    })
  }

  it('returns incomplete for every prefix of a line', () => {
    const line = 'PROXY TCP4 203.0.113.7 10.0.0.1 51000 5001\r\n'
    for (let end = 0; end < line.length; end += 1) {
      expect(parse(line.slice(0, end)), String(end)).to.deep.equal({ kind: 'incomplete' })
    }
  })

  for (const line of [
    'PROXY TCP4 203.0.113.700 10.0.0.1 51000 5001\r\n',
    'PROXY TCP4 someone 10.0.0.1 51000 5001\r\n',
    'PROXY TCP4 203.0.113.7 10.0.0.1 51000\r\n',
    'PROXY TCP5 203.0.113.7 10.0.0.1 51000 5001\r\n',
    'PROXY \r\n',
    `PROXY ${'x'.repeat(101)}`,
  ]) {
    it(`returns invalid for ${JSON.stringify(line.slice(0, 60))}`, () => {
      expect(parse(line)).to.deep.equal({ kind: 'invalid' })
    })
  }
})

describe('proxyLineOf', () => {
  const ports = { remotePort: 51000, localPort: 5001 }

  it('writes an IPv4 address without prefix, also from a dual-stack socket', () => {
    const expected = 'PROXY TCP4 203.0.113.7 10.0.0.1 51000 5001\r\n'
    const dualStack = {
      remoteAddress: '::ffff:203.0.113.7',
      localAddress: '::ffff:10.0.0.1',
      ...ports,
    }
    const ipv4 = { remoteAddress: '203.0.113.7', localAddress: '10.0.0.1', ...ports }
    expect([lineOf(dualStack), lineOf(ipv4)]).to.deep.equal([expected, expected])
  })

  it('writes an IPv6 address without its zone', () => {
    const ends = { remoteAddress: 'fe80::7%eth0', localAddress: 'fe80::1%eth0', ...ports }
    expect(lineOf(ends)).to.equal('PROXY TCP6 fe80::7 fe80::1 51000 5001\r\n')
  })

  it('writes UNKNOWN for a client that has disconnected', () => {
    expect(lineOf({})).to.equal('PROXY UNKNOWN\r\n')
  })
})

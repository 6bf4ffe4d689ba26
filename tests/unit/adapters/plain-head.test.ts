import { expect } from 'chai'
import { PlainHeads } from '../../../services/adapters/http/plain/plain-head.ts'
import type { RequestParts } from '../../support/plain/plain-request.ts'
import { aPlainRequest, toBytes } from '../../support/plain/plain-request.ts'

describe('PlainHeads', () => {
  const heads = new PlainHeads({
    path: '/events',
    isAccepted: ({ host }) => host !== 'evil.example',
  })
  const request = aPlainRequest('{"vin":"A"}')
  const read = (parts: Partial<RequestParts>, eol?: string) =>
    heads.read(toBytes({ ...request, ...parts }, eol))
  const withLine = (line: string) => read({ headerLines: [...request.headerLines, line] })
  const lengthAs = (line: string) =>
    read({ headerLines: ['Host: localhost', 'Content-Type: application/json', line] })

  it('reads the headers by name in lower case, and the body', () => {
    const line = 'AUTHORIZATION: Bearer a token'
    const found = withLine(line)
    expect(found?.headers).to.deep.equal({
      host: 'localhost',
      'content-type': 'application/json',
      'content-length': '11',
      authorization: 'Bearer a token',
    })
    expect(found?.body.toString()).to.equal('{"vin":"A"}')
    expect(withLine(line)?.headers).to.equal(found?.headers)
  })

  const plain = [
    'Accept: */*',
    'accept-encoding:gzip',
    'Connection: Keep-Alive',
    'User-Agent: a b/1',
  ]
  for (const line of plain)
    it(`reads a request with the header ${line}`, () => {
      expect(withLine(line)).not.to.equal(undefined)
    })

  const notPlain = [
    'X-Unknown: 1',
    'Host: localhost',
    'Content-Length: 11',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Connection: close',
    'Connection: keep-alive, close',
    'Content-Encoding: gzip',
    'Origin: http://localhost',
    'User-Agent : a',
    'User-Agent:  a',
    'User-Agent: a ',
    'User-Agent:\ta',
    'User-Agent:',
    'User-Agent: a\0b',
    'User-Agent: a\nb',
    'User-Agent: \xe9',
    ' folded',
    '__proto__: a',
    `User-Agent: ${'a'.repeat(2_048)}`,
  ]
  for (const line of notPlain)
    it(`does not read a request with the header line ${JSON.stringify(line.slice(0, 40))}`, () => {
      expect(withLine(line)).to.equal(undefined)
    })

  for (const line of ['Content-Length: 011', 'Content-Length: +11', 'Content-Length: 0xb'])
    it(`does not read a request with the header ${line}`, () => {
      expect(lengthAs(line)).to.equal(undefined)
    })

  it('does not read a part of a request, or more than one', () => {
    const bytes = toBytes(request)
    for (let length = 0; length < bytes.length; length += 1)
      expect(heads.read(bytes.subarray(0, length)), `${length} bytes`).to.equal(undefined)
    expect(heads.read(Buffer.concat([bytes, Buffer.from('P')]))).to.equal(undefined)
    expect(heads.read(Buffer.concat([bytes, bytes]))).to.equal(undefined)
  })

  it('does not read a request without Host, length or type', () => {
    for (const missing of request.headerLines) {
      const headerLines = request.headerLines.filter((line) => line !== missing)
      expect(read({ headerLines }), missing).to.equal(undefined)
    }
  })

  const requestLines = [
    'GET /events HTTP/1.1',
    'POST /events HTTP/1.0',
    'POST /events? HTTP/1.1',
    'POST /Events HTTP/1.1',
    'POST  /events HTTP/1.1',
    '\r\nPOST /events HTTP/1.1',
  ]
  for (const requestLine of requestLines)
    it(`does not read ${JSON.stringify(requestLine)}`, () => {
      expect(read({ requestLine })).to.equal(undefined)
    })

  it('does not read lines that end without a carriage return', () => {
    expect(read({}, '\n')).to.equal(undefined)
  })

  it('does not read a body over 4 KiB', () => {
    expect(heads.read(toBytes(aPlainRequest('x'.repeat(4_096))))).not.to.equal(undefined)
    expect(heads.read(toBytes(aPlainRequest('x'.repeat(4_097))))).to.equal(undefined)
  })

  it('does not read a request whose headers the server refuses', () => {
    const [, ...others] = request.headerLines
    expect(read({ headerLines: ['Host: evil.example', ...others] })).to.equal(undefined)
  })
})

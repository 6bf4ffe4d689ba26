import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import { checkDeviceToken } from '../../../../services/producer/devices/device-token.ts'

const token = 'a/b%token'
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

function verdictOf(url: string, authorization?: string) {
  const request = new IncomingMessage(new Socket())
  request.url = url
  if (authorization !== undefined) request.headers.authorization = authorization
  return checkDeviceToken(request, token)
}

describe('checkDeviceToken', () => {
  for (const [place, url, authorization] of [
    ['the path', '/devices/osmand/a%2Fb%25token?id=A', undefined],
    ['the query', '/devices/osmand?id=A&token=a%2Fb%25token', undefined],
    ['Authorization: Bearer', '/devices/overland', `Bearer ${token}`],
    ['the password of Authorization: Basic', '/devices/owntracks', basic(`ann:${token}`)],
    ['one place beside a wrong one in another', '/devices/owntracks/wrong', basic(`:${token}`)],
  ] as const) {
    it(`accepts the token in ${place}`, () => {
      expect(verdictOf(url, authorization)).to.equal('valid')
    })
  }

  it('distinguishes a missing token from a wrong one', () => {
    expect(verdictOf('/devices/osmand')).to.equal('missing')
    expect(verdictOf('/devices/osmand/')).to.equal('missing')
    expect(verdictOf('/devices/osmand/x')).to.equal('wrong')
    expect(verdictOf('/devices/osmand/%F0')).to.equal('wrong')
    expect(verdictOf('/devices/osmand', basic(`${token}:x`))).to.equal('wrong')
    expect(verdictOf('/devices/osmand', 'Digest x')).to.equal('wrong')
  })
})

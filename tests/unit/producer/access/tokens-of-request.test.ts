import { expect } from 'chai'
import { withoutToken } from '../../../../services/producer/access/tokens-of-request.ts'

describe('withoutToken', () => {
  const secret = 'token-of-26-characters-abc'
  const topic = (user: string) => Buffer.from(`{"topic":"owntracks/${user}/phone ä"}`)

  it('replaces the token of the sender in the body, and keeps all other bytes', () => {
    expect(withoutToken(topic(secret), secret)).to.deep.equal(topic('TOKEN'))
    const unusual = 'token-ä-with-20-characters'
    expect(withoutToken(topic(unusual), unusual)).to.deep.equal(topic('TOKEN'))
  })

  it('does not replace a short token, which may occur by chance', () => {
    expect(withoutToken(topic('phone'), 'phone')).to.deep.equal(topic('phone'))
  })
})

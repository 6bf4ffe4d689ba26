import { expect } from 'chai'
import { ClientLimit } from '../../../services/adapters/http/limits/client-limit.ts'

describe('ClientLimit', () => {
  it('allows each client its number, and one more after one was closed', () => {
    const limit = new ClientLimit(2)
    const [first, second] = [limit.open('203.0.113.7'), limit.open('203.0.113.7')]
    expect(limit.open('203.0.113.7')).to.equal(undefined)
    expect(limit.open('203.0.113.8')).to.be.a('function')
    first?.()
    expect(limit.open('203.0.113.7')).to.be.a('function')
    expect(limit.open('203.0.113.7')).to.equal(undefined)
    second?.()
    expect(limit.open('203.0.113.7')).to.be.a('function')
  })

  it('counts all addresses of a /64 of IPv6 together', () => {
    const limit = new ClientLimit(1)
    expect(limit.open('2001:db8:0:1::1')).to.be.a('function')
    expect(limit.open('2001:db8:0:1::2')).to.equal(undefined)
    expect(limit.open('2001:db8:0:2::1')).to.be.a('function')
  })

  it('keeps nothing about a client that has nothing open', () => {
    const limit = new ClientLimit(2)
    const closes = [limit.open('203.0.113.7'), limit.open('203.0.113.7'), limit.open('::1')]
    expect(limit.clientCount).to.equal(2)
    for (const close of closes) close?.()
    expect(limit.clientCount).to.equal(0)
  })
})

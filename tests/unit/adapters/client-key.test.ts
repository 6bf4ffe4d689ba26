import { expect } from 'chai'
import { clientKey } from '../../../services/adapters/http/limits/client-key.ts'

describe('clientKey', () => {
  it('returns the address of an IPv4 client', () => {
    expect(clientKey('203.0.113.7')).to.equal('203.0.113.7')
  })

  it('returns the /64 network of an IPv6 client in every notation', () => {
    for (const address of ['2001:db8:0:1::7', '2001:0db8::1:a:b:c:d', '2001:db8:0:1:ffff:0:0:1']) {
      expect(clientKey(address), address).to.equal('2001:db8:0:1')
    }
    expect(clientKey('::1')).to.equal('0:0:0:0')
    expect(clientKey('fe80::')).to.equal('fe80:0:0:0')
  })
})

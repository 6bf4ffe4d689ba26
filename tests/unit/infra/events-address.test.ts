import { expect } from 'chai'
import { addressText, eventsAddress, ingressAddress } from '../../../infra/topology/addresses.ts'
import { toConfig } from '../../../infra/config/config.ts'

/** Listen address, address shown to users, and address used by programs. */
const addresses = [
  ['0.0.0.0', 'localhost:5001', '127.0.0.1:5001'],
  ['::', 'localhost:5001', '[::1]:5001'],
  ['127.0.0.1', 'localhost:5001', '127.0.0.1:5001'],
  ['::1', 'localhost:5001', '[::1]:5001'],
  ['127.0.0.2', '127.0.0.2:5001', '127.0.0.2:5001'],
  ['192.0.2.7', '192.0.2.7:5001', '192.0.2.7:5001'],
  ['2001:db8::7', '[2001:db8::7]:5001', '[2001:db8::7]:5001'],
] as const

describe('ingress address', () => {
  for (const [hostAddress, shown, reached] of addresses) {
    it(`for ${hostAddress} is ${shown} for users and ${reached} for programs`, () => {
      const config = toConfig({ ingress: { hostAddress } })
      expect(eventsAddress(config)).to.equal(`http://${shown}/events`)
      expect(addressText(ingressAddress(config))).to.equal(reached)
    })
  }
})

import { expect } from 'chai'
import { addressText, eventsAddress, ingressAddress } from '../../../infra/topology/addresses.ts'
import { toConfig } from '../../../infra/config/config.ts'

/** Where the ingress listens, how a person calls it, and where a program reaches it. */
const addresses = [
  ['0.0.0.0', 'localhost:5001', '127.0.0.1:5001'],
  ['::', 'localhost:5001', '[::1]:5001'],
  ['127.0.0.1', 'localhost:5001', '127.0.0.1:5001'],
  ['::1', 'localhost:5001', '[::1]:5001'],
  ['127.0.0.2', '127.0.0.2:5001', '127.0.0.2:5001'],
  ['192.0.2.7', '192.0.2.7:5001', '192.0.2.7:5001'],
  ['2001:db8::7', '[2001:db8::7]:5001', '[2001:db8::7]:5001'],
] as const

describe('the address of an ingress', () => {
  for (const [hostAddress, called, reached] of addresses) {
    it(`that listens on ${hostAddress} is ${called} for people, ${reached} for programs`, () => {
      const config = toConfig({ ingress: { hostAddress } })
      expect(eventsAddress(config)).to.equal(`http://${called}/events`)
      expect(addressText(ingressAddress(config))).to.equal(reached)
    })
  }
})

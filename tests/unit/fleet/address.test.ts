import { expect } from 'chai'
import { isIngressAddress, originOf } from '../../../fleet/address.ts'

describe('address of the ingress for vehicles', () => {
  for (const [address, origin] of [
    ['192.0.2.7:5001', 'http://192.0.2.7:5001'],
    ['[::1]:5001', 'http://[::1]:5001'],
    ['http://fleet.example.com:5001', 'http://fleet.example.com:5001'],
    ['https://fleet.example.com:5001', 'https://fleet.example.com:5001'],
    ['https://fleet.example.com', 'https://fleet.example.com'],
    ['https://[2001:db8::7]:5001', 'https://[2001:db8::7]:5001'],
  ] as const)
    it(`${address} means ${origin}`, () => {
      expect(isIngressAddress(address)).to.equal(true)
      expect(originOf(address)).to.equal(origin)
    })

  for (const text of [
    'fleet.example.com',
    'http://fleet.example.com',
    'https://',
    'https://fleet.example.com:0',
    'https://fleet.example.com:5001/events',
    'https://user@fleet.example.com:5001',
    'ftp://fleet.example.com:21',
    '::1:5001',
  ])
    it(`${text} is refused`, () => {
      expect(isIngressAddress(text)).to.equal(false)
    })
})

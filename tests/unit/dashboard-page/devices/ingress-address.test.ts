import { expect } from 'chai'
import {
  isLoopbackOrigin,
  parseOrigin,
  reachNotice,
} from '../../../../services/dashboard/page/state/devices/ingress-address.ts'

describe('parseOrigin', () => {
  const origins = [
    ['http://192.0.2.7:5001', 'http://192.0.2.7:5001'],
    [' 192.0.2.7:5001/ ', 'http://192.0.2.7:5001'],
    ['https://fleet.example.com/', 'https://fleet.example.com'],
    ['fleet:5001', 'http://fleet:5001'],
    ['[2001:db8::7]:5001', 'http://[2001:db8::7]:5001'],
  ] as const
  for (const [text, origin] of origins) {
    it(`reads "${text}" as ${origin}`, () => expect(parseOrigin(text)).to.equal(origin))
  }

  const others = [
    '',
    ' ',
    'ftp://x',
    'http://x/events',
    'x/y',
    'http://x?a=b',
    'u:p@x',
    'a b',
    '::',
  ]
  for (const text of others) {
    it(`refuses "${text}"`, () => expect(parseOrigin(text)).to.equal(undefined))
  }
})

describe('reachNotice', () => {
  const ingress = { origins: ['http://192.0.2.7:5001'], isLoopback: false, needsToken: false }

  it('says nothing if addresses of the machine are known', () => {
    expect(reachNotice({ ingress })).to.equal(undefined)
  })

  it('names the setting if the ingress listens on loopback', () => {
    const notice = reachNotice({ ingress: { ...ingress, isLoopback: true } })
    expect(notice).to.include('--set ingress.hostAddress=0.0.0.0')
  })

  it('says how to find the address if none is known', () => {
    expect(reachNotice({ ingress: { ...ingress, origins: [] } })).to.include('hostname -I')
  })
})

describe('isLoopbackOrigin', () => {
  it('knows the names of loopback', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      expect(isLoopbackOrigin(`http://${host}:5001`), host).to.equal(true)
    expect(isLoopbackOrigin('http://192.0.2.7:5001')).to.equal(false)
  })
})

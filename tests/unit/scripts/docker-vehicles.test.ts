import { expect } from 'chai'
import { fromContainer } from '../../../scripts/targets/docker/vehicles.ts'

describe('the ingress host that a container uses', () => {
  for (const host of ['localhost', '127.0.0.1', '127.0.0.2', '[::1]']) {
    it(`is the host machine for ${host}`, () => {
      expect(fromContainer(`${host}:5001`)).to.equal('host.docker.internal:5001')
    })
  }

  it('keeps https', () => {
    expect(fromContainer('https://localhost:5001')).to.equal('https://host.docker.internal:5001')
    expect(fromContainer('https://localhost')).to.equal('https://host.docker.internal')
  })

  for (const host of ['192.0.2.7', '[2001:db8::7]', 'localhost.example.com', '10.127.0.1']) {
    it(`is unchanged for ${host}`, () => {
      expect(fromContainer(`${host}:5001`)).to.equal(`${host}:5001`)
    })
  }
})

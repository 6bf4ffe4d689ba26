import { createServer } from 'node:http'
import { expect } from 'chai'
import request from 'supertest'
import { acceptedHostsAt, guarded } from '../../../services/adapters/http/guard.ts'

describe('guarded', () => {
  const statusFor = async (hosts: Parameters<typeof guarded>[1], host: string) => {
    const server = createServer(guarded((_, response) => response.end(), hosts))
    return (await request(server).get('/').set('host', host)).status
  }

  for (const [host, status] of [
    ['producer-0:8081', 200],
    ['172.18.0.5:8081', 200],
    ['[fd00::5]', 200],
    ['localhost', 200],
    ['rebound.example.com', 421],
    ['user@producer-0', 421],
  ] as const) {
    it(`returns ${status} for the host ${host} in a private network`, async () => {
      expect(await statusFor('private', host)).to.equal(status)
    })
  }

  it('accepts only names of loopback at a loopback address, and all names elsewhere', () => {
    const loopback = ['localhost', '127.0.0.1', '[::1]']
    expect(acceptedHostsAt('127.0.0.1')).to.deep.equal(loopback)
    expect(acceptedHostsAt('::1')).to.deep.equal(loopback)
    expect(acceptedHostsAt('0.0.0.0')).to.equal('*')
    expect(acceptedHostsAt('192.0.2.7')).to.equal('*')
  })
})

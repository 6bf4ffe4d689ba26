import { expect } from 'chai'
import express from 'express'
import request from 'supertest'
import { hostGuard, sessionRoutes } from '../../../services/dashboard/http/access.ts'

const localConfig = { token: undefined, isPublic: false }
const publicConfig = { token: undefined, isPublic: true }
const tokenConfig = { token: 'secret', isPublic: false }

describe('hostGuard', () => {
  const getWithHost = (host: string, config: Parameters<typeof hostGuard>[0]) => {
    const app = express().use(hostGuard(config), (_, response) => {
      response.end()
    })
    return request(app).get('/').set('host', host)
  }

  for (const [host, status] of [
    ['localhost:5002', 200],
    ['LocalHost', 200],
    ['127.0.0.1:5002', 200],
    ['[::1]:8000', 200],
    ['rebound.example.com:5002', 421],
    ['localhost.example.com', 421],
    ['127.0.0.1.example.com', 421],
    ['user@localhost', 421],
    ['', 421],
  ] as const) {
    it(`returns ${status} for the host "${host}" without a token and not public`, async () => {
      expect((await getWithHost(host, localConfig)).status).to.equal(status)
    })
  }

  it('accepts any host if the dashboard is public or has a token', async () => {
    for (const config of [publicConfig, tokenConfig]) {
      expect((await getWithHost('fleet.example.com', config)).status).to.equal(200)
    }
  })
})

describe('sessionRoutes', () => {
  for (const [hasSecureCookie, expected] of [
    [false, /; HttpOnly; SameSite=Strict$/],
    [true, /; HttpOnly; Secure; SameSite=Strict$/],
  ] as const) {
    it(`set a cookie ${hasSecureCookie ? 'with' : 'without'} Secure if dashboard.secureCookie is ${hasSecureCookie}`, async () => {
      const failedTokens = { note: () => undefined }
      const app = express().use(sessionRoutes({ token: 'secret', hasSecureCookie, failedTokens }))
      const response = await request(app).post('/session').send({ token: 'secret' })
      expect(response.status).to.equal(204)
      expect(response.headers['set-cookie']?.[0]).to.match(expected)
    })
  }
})

import { expect } from 'chai'
import express from 'express'
import request from 'supertest'
import { hostGuard } from '../../../services/dashboard/http/access.ts'

const [inner, open] = [
  { token: undefined, isPublic: false },
  { token: undefined, isPublic: true },
]
const guarded = { token: 'secret', isPublic: false }

describe('the name that a dashboard is called by', () => {
  const answerTo = (host: string, config: Parameters<typeof hostGuard>[0]) => {
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
    it(`"${host}" is answered with ${status} where it is for its own machine`, async () => {
      expect((await answerTo(host, inner)).status).to.equal(status)
    })
  }

  it('is any where it is public, or has a token', async () => {
    for (const config of [open, guarded]) {
      expect((await answerTo('fleet.example.com', config)).status).to.equal(200)
    }
  })
})

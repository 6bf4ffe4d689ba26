import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import request from 'supertest'
import { readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

describe('Token of the producer', function () {
  this.timeout(90_000)
  let folder: string
  let tenant: Tenant

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-token-'))
    writeFileSync(join(folder, 'token'), 'open-sesame\n')
    const settings = [`ingress.tokenFile=${join(folder, 'token')}`]
    tenant = await Tenant.create(await sharedServers(), settings)
    await tenant.startProducer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  const post = () => request(tenant.url).post('/events')

  it('POST /events returns 401 without the configured token and 202 with it', async () => {
    const without = await post().send(readingJson('TOKEN'))
    expect([without.status, without.type]).to.deep.equal([401, 'application/problem+json'])
    expect(without.headers['www-authenticate']).to.equal('Bearer')
    const wrong = await post().set('authorization', 'Bearer open').send(readingJson('TOKEN'))
    expect(wrong.status).to.equal(401)
    const right = await post().set('authorization', 'Bearer open-sesame').send(readingJson('TOKEN'))
    expect(right.status).to.equal(202)
  })

  it('GET /events needs no token', async () => {
    expect((await request(tenant.url).get('/events')).status).to.equal(200)
  })
})

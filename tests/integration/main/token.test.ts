import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import request from 'supertest'
import { readingJson } from '../../support/http-client.ts'
import { samplesOf } from '../../support/metrics.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

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

  it('a phone needs the token in the path, as the password or as Bearer', async () => {
    const path = '/devices/osmand'
    const query = `?id=TOKEN&lat=1&lon=2&timestamp=${Math.floor(Date.now() / 1000)}`
    const statusOf = async (url: string, authorization = ''): Promise<number> => {
      const headers: Record<string, string> = authorization === '' ? {} : { authorization }
      return (await fetch(`${tenant.url}${url}${query}`, { headers })).status
    }
    const password = Buffer.from('ann:open-sesame').toString('base64')
    expect(await statusOf(path)).to.equal(401)
    expect(await statusOf(`${path}/open`)).to.equal(401)
    expect(await statusOf(`${path}/open-sesame`)).to.equal(200)
    expect(await statusOf(path, `Basic ${password}`)).to.equal(200)
    expect(await statusOf(path, 'Bearer open-sesame')).to.equal(200)
  })

  it('requests without a valid token are counted by reason', async () => {
    const count = async (why: string) =>
      (await samplesOf(tenant.config.producer.opsHostPort)).get(
        `telemetry_requests_without_valid_token_total{why="${why}"}`,
      ) ?? 0
    const before = [await count('missing'), await count('wrong')] as const
    await post().send(readingJson('TOKEN'))
    await post().set('authorization', 'Bearer open').send(readingJson('TOKEN'))
    await post().set('authorization', 'Basic b3BlbjpzZXNhbWU=').send(readingJson('TOKEN'))
    await post().set('authorization', 'Bearer open-sesame').send(readingJson('TOKEN'))
    expect([await count('missing'), await count('wrong')]).to.deep.equal([
      before[0] + 1,
      before[1] + 2,
    ])
  })

  it('GET /receipts/{id} shows the content of a dead letter only with the token', async () => {
    await tenant.startConsumer()
    const value = '{"vin":"a secret text"}'
    await tenant.directChanges.produce([{ key: 'x', value }])
    const receipt = await until('the record is a dead letter', async () => {
      const rows = await tenant.sql<{ receipt: string }>(
        "select log_id || '-' || partition || '-' || record_offset as receipt from dead_letter",
      )
      return rows[0]?.receipt
    })
    const path = `/receipts/${receipt}`
    const withoutToken = await request(tenant.url).get(path)
    const code = 'invalid-vin'
    expect(withoutToken.body).to.deep.equal({ receipt, status: 'dead-lettered', code })
    const wrong = await request(tenant.url).get(path).set('authorization', 'Bearer open')
    expect([wrong.status, wrong.body]).to.deep.equal([200, withoutToken.body])
    const right = await request(tenant.url).get(path).set('authorization', 'Bearer open-sesame')
    expect(right.body).to.include({ status: 'dead-lettered', code, state: 'open' })
    expect((right.body as { detail: string }).detail).to.include('a secret text')
  })

  it('GET /events needs no token', async () => {
    expect((await request(tenant.url).get('/events')).status).to.equal(200)
  })
})

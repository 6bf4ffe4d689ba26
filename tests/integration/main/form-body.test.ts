import { expect } from 'chai'
import { postBody } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const form = 'application/x-www-form-urlencoded'

describe('POST /events with a form body of existing Python clients', () => {
  let tenant: Tenant

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const rowOf = (vin: string) =>
    until(`the row of ${vin}`, async () => {
      const [row] = await tenant.sql<Record<string, unknown>>('select * from diag where vin = $1', [
        vin,
      ])
      return row
    })

  it('stores a form with position_x, position_y and position_z in metres as a row', async () => {
    const timestamp = Math.floor(Date.now() / 1000) + 0.25
    const fields = { timestamp: String(timestamp), vin: 'PY-1', make: 'Ford', model: 'F-150' }
    const position = { position_x: '0', position_y: '1000', position_z: '0.0' }
    const body = new URLSearchParams({ ...fields, ...position, speed: '13.5' }).toString()
    const answer = await postBody(tenant, body, form)
    expect([answer.status, answer.body['accepted']]).to.deep.equal([202, 1])
    const row = await rowOf('PY-1')
    const { latitude, longitude } = tenant.config.fleet.origin
    // A kilometre north is 1000 / 110,990 of a degree at this latitude.
    expect(row['latitude']).to.be.closeTo(latitude + 0.00901, 1e-5)
    expect(row['longitude']).to.be.closeTo(longitude, 1e-9)
    expect(row).to.include({ speed: 13.5, make: 'Ford', model: 'F-150', heading: null })
    expect((row['recorded_at'] as Date).getTime()).to.equal(timestamp * 1000)
  })

  it('accepts the field position three times instead', async () => {
    const timestamp = String(Date.now() / 1000)
    const fields = { timestamp, vin: 'PY-2', make: 'Ford', model: 'F-150', speed: '0' }
    const body = `${new URLSearchParams(fields).toString()}&position=0&position=0&position=5`
    const answer = await postBody(tenant, body, form)
    expect(answer.status).to.equal(202)
    const row = await rowOf('PY-2')
    expect(row['altitude']).to.be.closeTo(tenant.config.fleet.origin.altitude + 5, 1e-6)
  })

  it('stores the body of a client that does not encode a plus and ends with a line break', async () => {
    const time = new Date(Math.floor(Date.now() / 1000) * 1000)
    const timestamp = time.toISOString().replace('.000Z', '+00:00')
    const position = 'position=1&position=2&position=3'
    const body = `vin=PY-4&timestamp=${timestamp}&speed=3.5&${position}&make=Acme&model=Van\r\n`
    expect((await postBody(tenant, body, form)).status).to.equal(202)
    const row = await rowOf('PY-4')
    expect(row).to.include({ speed: 3.5, make: 'Acme', model: 'Van' })
    expect((row['recorded_at'] as Date).getTime()).to.equal(time.getTime())
  })

  it('returns 422 with a code for an invalid form', async () => {
    const answer = await postBody(
      tenant,
      'vin=PY-3&speed=1&timestamp=1&position=1&position=2',
      form,
    )
    expect(answer.status).to.equal(422)
    const rejected = answer.body['rejected'] as { code: string }[]
    expect(rejected.map(({ code }) => code)).to.deep.equal(['wrong-type'])
  })
})

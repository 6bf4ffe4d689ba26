import { expect } from 'chai'
import fc from 'fast-check'
import { Agent } from 'node:http'
import { settledAccount, runFuzz } from '../../support/fuzz/run-fuzz.ts'
import { send } from '../../support/fuzz/send.ts'
import { residentMegabytes } from '../../support/metrics.ts'
import { anyReadingJson } from '../../support/builders.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

// `npm run fuzz -- --count 100000 --seed N` runs the same check for longer.
const seed = Number(process.env['TEST_FUZZ_SEED'] ?? 20_261_121)

describe(`random requests (seed ${seed})`, function () {
  this.timeout(120_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    tenant.spawn('producer')
    await tenant.startConsumer()
    await until('the producer takes readings', async () => {
      return (await postJson(tenant, readingJson('FIRST'))).status === 202
    })
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  it('are answered as the OpenAPI document states, and every record becomes a row or a dead letter', async () => {
    const result = await runFuzz(tenant, { count: 3_000, seed })
    expect(result.faults).to.deep.equal([])
    expect([...result.statuses.keys()]).to.include.members([200, 202, 400, 404, 405, 415, 422])
    const account = await settledAccount(tenant, 60)
    expect(result.ofDevices).to.be.greaterThan(300)
    expect(account.offsets).to.equal(1 + result.accepted + result.ofDevices + result.records)
    expect(account.settled).to.equal(account.offsets)
    expect(account.unaccounted).to.equal(0)
    expect(account.rows).to.equal(account.stored)
    expect(account.deadLetters).to.equal(account.deadLettered)
    expect(account.deadLettered).to.be.greaterThan(100)
    expect(await residentMegabytes(tenant.config.producer.opsHostPort)).to.be.lessThan(250)
  })

  it('with any JSON among valid readings have only the valid readings accepted', async () => {
    const agent = new Agent({ keepAlive: true })
    const headers = { 'content-type': 'application/json' }
    // Times that the real clock accepts. A random object is not a reading.
    const valid = anyReadingJson.map((reading) => ({ ...reading, timestamp: Date.now() / 1_000 }))
    const item = fc.oneof(
      valid.map((value) => ({ value, isReading: true })),
      fc.jsonValue().map((value) => ({ value, isReading: false })),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 8 }), async (items) => {
        const body = Buffer.from(JSON.stringify(items.map(({ value }) => value)))
        const request = { method: 'POST', path: '/events', headers, body }
        const answer = await send(tenant.url, request, agent)
        const expected = items.map(({ isReading }) => isReading)
        expect(answer.status).to.equal(expected.includes(true) ? 202 : 422)
        if (answer.status !== 202) return
        const { receipts } = JSON.parse(answer.body.toString()) as { receipts: unknown[] }
        expect(receipts.map((receipt) => receipt !== null)).to.deep.equal(expected)
      }),
      { numRuns: 300, seed },
    )
    agent.destroy()
  })
})

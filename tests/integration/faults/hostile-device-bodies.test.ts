import { Agent } from 'node:http'
import { expect } from 'chai'
import { deviceFormats } from '../../../services/producer/formats/all-formats.ts'
import { toRequest } from '../../support/fuzz/device-requests.ts'
import { hostileBodies, messageWith } from '../../support/fuzz/hostile-bodies.ts'
import { settledAccount } from '../../support/fuzz/run-fuzz.ts'
import { send } from '../../support/fuzz/send.ts'
import { residentMegabytes, samplesOf } from '../../support/metrics.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** Each body is sent so often. */
const rounds = 3

// The producer runs in a child process, so that its memory is measured separately.
describe('hostile bodies of devices', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let agent: Agent
  /** Records that the bodies so far add to the topic. */
  let records = 0

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    tenant.spawn('producer')
    await tenant.startConsumer()
    agent = new Agent({ keepAlive: true })
    await until('the producer is ready', async () => {
      return (await fetch(`${tenant.url}/events`).catch(() => undefined))?.status === 200
    })
  })

  after(async () => {
    agent.destroy()
    await tenant[Symbol.asyncDispose]()
  })

  const opsPort = (): number => tenant.config.producer.opsHostPort

  for (const { name, answer } of deviceFormats) {
    describe(`/devices/${name}`, () => {
      for (const hostile of hostileBodies(name)) {
        it(`answers ${hostile.status} to ${hostile.what}`, async () => {
          const request = toRequest(name, hostile)
          const sent = Array.from({ length: rounds }, () => send(tenant.url, request, agent))
          for (const { status, body } of await Promise.all(sent)) {
            expect(status, body.toString().slice(0, 500)).to.equal(hostile.status)
            if (status === 200) expect(body.toString()).to.equal(answer.body)
          }
          records += rounds * hostile.records
        })
      }

      it('accepts a usual position after them', async () => {
        const body = Buffer.from(messageWith[name]?.('1') ?? '')
        const headers = { 'content-type': 'application/json' }
        const request = { method: 'POST', path: `/devices/${name}`, headers, body }
        expect((await send(tenant.url, request, agent)).status).to.equal(200)
        records += 1
      })
    })
  }

  // Mocha runs the tests of a suite before its nested suites.
  describe('after all of them', () => {
    it('the producer has not used up its memory, and each message is a row or a dead letter', async () => {
      const pending = async () => (await samplesOf(opsPort())).get('telemetry_pending_bytes')
      await until('the producer has no pending bytes', async () => (await pending()) === 0)
      expect(await residentMegabytes(opsPort())).to.be.lessThan(250)
      const account = await settledAccount(tenant, 60)
      expect([account.offsets, account.settled, account.unaccounted]).to.deep.equal([
        records,
        records,
        0,
      ])
      expect(account.deadLetters).to.equal(account.deadLettered)
    })
  })
})

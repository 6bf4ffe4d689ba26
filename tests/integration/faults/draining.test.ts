import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { sendTraffic } from '../../support/traffic.ts'
import { until } from '../../support/until.ts'

const roles = ['ingress', 'producer', 'consumer'] as const
/** Milliseconds that a service has to end in good order. */
const endWithin = 10_000

describe('services that are told to stop under load', function () {
  this.timeout(120_000)
  let tenant: Tenant

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
  })

  afterEach(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  async function drain(service: ChildProcess | undefined): Promise<void> {
    if (service === undefined) throw new Error('it does not run')
    const since = Date.now()
    const ended = once(service, 'exit')
    service.kill('SIGTERM')
    expect(await ended).to.deep.equal([0, null])
    expect(Date.now() - since).to.be.lessThan(endWithin)
  }

  for (const role of roles) {
    it(`end with exit code 0 and lose nothing (${role})`, async () => {
      const running = roles.map((each) => tenant.spawn(each))
      const url = tenant.ingressUrl
      await until('readings are taken', async () => (await fetch(`${url}/events`)).status === 200)
      await using traffic = sendTraffic({ url }, `DRAIN-${role}`)
      await until('rows come', async () => (await tenant.countRows()) > 100)
      await drain(running[roles.indexOf(role)])
      tenant.spawn(role)
      await until('more are acknowledged', () => traffic.acknowledged() > 2_000)
      const { acknowledged } = await traffic.stop()
      await until('all are rows', async () => (await tenant.countRows()) >= acknowledged)
    })
  }
})

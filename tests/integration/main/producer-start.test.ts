import { expect } from 'chai'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('start of a producer', function () {
  this.timeout(60_000)

  // An ingress sends a refused connection to another producer. It does not do so with a 503.
  it('refuses connections until the state of the topic is known', async () => {
    await using tenant = await Tenant.create(await sharedServers(), [], { provision: false })
    const started = tenant.startProducer()
    await until('the producer is starting', async () => {
      const response = await fetch(
        `http://127.0.0.1:${tenant.config.producer.opsHostPort}/readyz`,
      ).catch(() => undefined)
      return response?.status === 503
    })
    const failure: unknown = await fetch(`${tenant.url}/events`).catch((error: unknown) => error)
    expect((failure as Error).cause).to.have.property('code', 'ECONNREFUSED')
    await tenant.provision()
    await started
    expect((await fetch(`${tenant.url}/events`)).status).to.equal(200)
  })
})

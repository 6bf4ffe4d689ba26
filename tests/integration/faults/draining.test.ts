import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant, withIngress } from '../../support/tenant.ts'
import { sendTraffic } from '../../support/traffic.ts'
import { until } from '../../support/until.ts'

const roles = ['ingress', 'producer', 'consumer'] as const
describe('SIGTERM under load', function () {
  this.timeout(120_000)
  let tenant: Tenant

  afterEach(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  async function drain(service: ChildProcess | undefined): Promise<void> {
    if (service === undefined) throw new Error('the service is not running')
    const exited = once(service, 'exit')
    service.kill('SIGTERM')
    // A service that takes longer than its grace exits with code 1.
    expect(await exited).to.deep.equal([0, null])
  }

  type Case = { readonly title: string; readonly role: Role; readonly started: readonly Role[] }
  const behindIngress = roles.map((role): Case => ({ title: role, role, started: roles }))
  const direct: Case = {
    ...{ title: 'producer without an ingress', role: 'producer' },
    started: ['producer', 'consumer'],
  }
  for (const { title, role, started } of [...behindIngress, direct]) {
    it(`the ${title} exits with code 0 and loses no acknowledged reading`, async () => {
      tenant = await Tenant.create(
        await sharedServers(),
        started.includes('ingress') ? withIngress : [],
      )
      const running = new Map<Role, ChildProcess>(started.map((name) => [name, tenant.spawn(name)]))
      const url = tenant.ingressUrl
      await until(
        'requests are answered',
        async () => (await fetch(`${url}/events`)).status === 200,
      )
      await using traffic = sendTraffic({ url }, `DRAIN-${role}`)
      await until('more than 100 rows are stored', async () => (await tenant.countRows()) > 100)
      await drain(running.get(role))
      tenant.spawn(role)
      await until('more than 2,000 readings are acknowledged', () => traffic.acknowledged() > 2_000)
      const { acknowledged } = await traffic.stop()
      await until(
        'all acknowledged readings are rows',
        async () => (await tenant.countRows()) >= acknowledged,
      )
    })
  }
})

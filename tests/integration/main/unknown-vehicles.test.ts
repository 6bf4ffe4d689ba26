import { expect } from 'chai'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { readUnknownVehicles } from '../../../scripts/status/unknown-vehicles.ts'
import type { Devices } from '../../../services/dashboard/api/devices.ts'
import { readingJson } from '../../support/http-client.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** The ingress of a test is never started, so no other machine reaches anything. */
const open = 'ingress.hostAddress=0.0.0.0'

describe('devices.unknown', function () {
  this.timeout(300_000)
  const tenants: Tenant[] = []

  async function create(settings: readonly string[]): Promise<Tenant> {
    const tenant = await Tenant.create(await sharedServers(), settings)
    tenants.push(tenant)
    return tenant
  }

  after(async () => {
    for (const tenant of tenants) await tenant[Symbol.asyncDispose]()
  })

  async function send(tenant: Tenant, vin: string, token?: string) {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    const body = JSON.stringify(readingJson(vin))
    const response = await fetch(`${tenant.url}/events`, { method: 'POST', headers, body })
    const { code } = (await response.json()) as { code?: string }
    return { status: response.status, code }
  }

  const platformTokenOf = ({ deployment }: Tenant) => localPassword(deployment.folders, 'gateway')
  const policyOf = ({ config, deployment }: Tenant) =>
    readUnknownVehicles({
      config,
      pool: () => Promise.resolve(ownerPool(config, localPassword(deployment.folders))),
    })

  describe('by default, for an ingress that other machines reach', () => {
    let tenant: Tenant
    before(async () => {
      tenant = await create([open, 'producer.instances=2'])
      await tenant.startProducer()
      await tenant.startProducer(1)
      await tenant.startConsumer()
      await tenant.startDashboard()
    })

    const list = async () => {
      const response = await fetch(`${tenant.dashboardUrl}/api/devices`)
      return response.ok ? ((await response.json()) as Devices) : undefined
    }

    it('a vehicle without a device gets 403, nothing is stored, and it is listed until it has a device', async () => {
      expect(await policyOf(tenant)).to.equal('ask')
      for (let time = 0; time < 2; time += 1)
        expect(await send(tenant, 'JOINS')).to.deep.equal({ status: 403, code: 'unknown-vehicle' })
      const phone = '/devices/osmand?id=my+phone&lat=1&lon=2&timestamp=1769817600'
      expect((await fetch(`${tenant.url}${phone}`, { method: 'POST' })).status).to.equal(403)
      const { waiting } = await until('the devices are read', list)
      expect(waiting.map(({ id, requests }) => [id, requests])).to.deep.equal([
        ['my phone', 1],
        ['JOINS', 2],
      ])
      recordAsRunning(tenant, [open, 'producer.instances=2'])
      const { out } = await runCommand(tenant, ['devices', 'list'])
      expect(out)
        .to.match(/^my phone +\| 1 /m)
        .and.match(/^JOINS +\| 2 /m)
      const { out: admitted } = await runCommand(tenant, ['devices', 'admit', 'my phone', '--json'])
      const { vin, aliases, token } = JSON.parse(admitted) as Record<string, unknown>
      expect([vin, aliases]).to.deep.equal(['MY-PHONE', ['my phone']])
      const { out: joined } = await runCommand(tenant, ['devices', 'admit', 'JOINS', '--json'])
      const device = JSON.parse(joined) as Record<string, unknown>
      expect([device['vin'], device['aliases']]).to.deep.equal(['JOINS', []])
      await until('the list is empty', async () => (await list())?.waiting.length === 0)
      await until('its token is accepted', async () => {
        const { status } = await send(tenant, 'JOINS', String(device['token']))
        return status === 202
      })
      const withToken = await fetch(
        `${tenant.url}/devices/osmand/${String(token)}?id=my+phone&lat=1&lon=2&timestamp=${Math.floor(Date.now() / 1000)}`,
        { method: 'POST' },
      )
      expect(withToken.status).to.equal(200)
      const vins = () => tenant.sql<{ vin: string }>('select distinct vin from diag order by vin')
      await until('both are rows', async () => (await vins()).length === 2)
      expect(await vins()).to.deep.equal([{ vin: 'JOINS' }, { vin: 'MY-PHONE' }])
      expect(await tenant.sql('select * from dead_letter')).to.deep.equal([])
    })

    it('the token of the platform reports as any vehicle, and a wrong one gets 401', async () => {
      expect(await send(tenant, 'SIM-1', platformTokenOf(tenant))).to.include({ status: 202 })
      expect((await send(tenant, 'SIM-1', 'wrong')).status).to.equal(401)
    })
  })

  it('refuse: each vehicle needs a token, and that of the platform is one', async () => {
    const tenant = await create(['devices.unknown=refuse'])
    await tenant.startProducer()
    expect((await send(tenant, 'NEW')).status).to.equal(401)
    expect((await send(tenant, 'NEW', platformTokenOf(tenant))).status).to.equal(202)
    expect(await policyOf(tenant)).to.equal('refuse')
  })

  it('a platform that stored readings before it had devices accepts them until the setting is made', async () => {
    const tenant = await create([open])
    // As the migration records it if the table has rows.
    await tenant.sql('update device_registry set accepts_unknown = true')
    await tenant.deleteDevicesTopic()
    await tenant.provision()
    await tenant.startProducer()
    expect((await send(tenant, 'EARLIER')).status).to.equal(202)
    expect(await policyOf(tenant)).to.equal('kept')
    recordAsRunning(tenant, [open])
    const { out } = await runCommand(tenant, ['status'])
    expect(out).to.include('because this platform stored readings before it had devices.')
    const decided = await create([open, 'devices.unknown=accept'])
    expect(await policyOf(decided)).to.equal('accept')
  })

  it('a new platform accepts every vehicle if its ingress listens only on loopback', async () => {
    const tenant = await create([])
    await tenant.startProducer()
    expect((await send(tenant, 'LOCAL')).status).to.equal(202)
    expect(await policyOf(tenant)).to.equal('accept')
  })
})

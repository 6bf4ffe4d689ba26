import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Devices, DeviceWithToken } from '../../../services/dashboard/api/devices.ts'
import { readingJson } from '../../support/http-client.ts'
import { StreamClient } from '../../support/stream-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('API of the devices', function () {
  this.timeout(120_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startDashboard()
    await until('the devices were read', async () => (await read('/api/devices')).status === 200)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  async function read(path: string, init: RequestInit = {}, origin = tenant.dashboardUrl) {
    const response = await fetch(`${origin}${path}`, init)
    return { status: response.status, body: await response.json() }
  }
  const json = { 'content-type': 'application/json' }
  const post = (path: string, body?: object, headers: Record<string, string> = json) =>
    read(path, { method: 'POST', headers, ...(body && { body: JSON.stringify(body) }) })
  async function add(body: object): Promise<DeviceWithToken> {
    const added = await post('/api/devices', body)
    expect(added.status).to.equal(201)
    return added.body as DeviceWithToken
  }

  const reportsAs = async (vin: string, token: string): Promise<number> => {
    const headers = { ...json, authorization: `Bearer ${token}` }
    const body = JSON.stringify(readingJson(vin))
    return (await fetch(`${tenant.url}/events`, { method: 'POST', headers, body })).status
  }

  it('adds a device whose token works, and shows the token only in this response', async () => {
    const { token, ...device } = await add({ name: 'Van 12', aliases: ['phone 7'] })
    expect(device).to.deep.include({ vin: 'VAN-12', name: 'Van 12', hasToken: true })
    await until('the token works', async () => (await reportsAs('VAN-12', token)) === 202)
    const shown = await read('/api/devices/phone%207')
    expect(shown).to.deep.equal({ status: 200, body: device })
    const { body } = await read('/api/devices')
    expect((body as Devices).devices).to.deep.equal([device])
    expect((body as Devices).mayChange).to.equal(true)
  })

  it('rotates, revokes, renames and removes', async () => {
    const { token: first } = await add({ vin: 'TRUCK' })
    await until('the token works', async () => (await reportsAs('TRUCK', first)) === 202)
    const rotated = await post('/api/devices/TRUCK/rotate')
    const { token: second } = rotated.body as DeviceWithToken
    await until('the new token works', async () => (await reportsAs('TRUCK', second)) === 202)
    expect(await reportsAs('TRUCK', first)).to.equal(401)
    const revoked = await post('/api/devices/TRUCK/revoke')
    expect(revoked.body).to.include({ hasToken: false })
    await until('it is refused', async () => (await reportsAs('TRUCK', second)) === 401)
    const renamed = await post('/api/devices/TRUCK/rename', { name: 'The truck' })
    expect(renamed.body).to.include({ name: 'The truck' })
    expect((await post('/api/devices/TRUCK/remove')).status).to.equal(200)
    expect((await read('/api/devices/TRUCK')).status).to.equal(404)
  })

  it('adds and removes aliases, at most eight', async () => {
    const { token } = await add({ vin: 'BUS' })
    const added = await post('/api/devices/BUS/add-alias', { alias: 'tracker 1' })
    expect(added.body).to.deep.include({ aliases: ['tracker 1'] })
    await until('the alias works', async () => {
      const url = `${tenant.url}/devices/osmand/${token}?id=tracker%201&lat=1&lon=2`
      return (await fetch(`${url}&timestamp=${Math.floor(Date.now() / 1000)}`)).status === 200
    })
    for (let at = 2; at <= 8; at += 1)
      await post('/api/devices/BUS/add-alias', { alias: `tracker ${at}` })
    const full = await post('/api/devices/tracker%208/add-alias', { alias: 'tracker 9' })
    expect(full.body).to.include({ status: 409, title: 'Too many aliases' })
    const removed = await post('/api/devices/BUS/remove-alias', { alias: 'tracker 1' })
    expect((removed.body as DeviceWithToken).aliases).to.have.length(7)
    expect((await read('/api/devices/tracker%201')).status).to.equal(404)
  })

  it('names a vehicle in the live list, the stream and the search, until its device is removed', async () => {
    const { token } = await add({ vin: 'TAXI', name: 'Taxi of Ada', aliases: ['phone 70'] })
    await until('it reports', async () => (await reportsAs('TAXI', token)) === 202)
    const taxi = async () => (await read('/api/vehicles/TAXI')).body as object
    await until('it is listed', async () => 'name' in (await taxi()))
    expect(await taxi()).to.deep.include({ name: 'Taxi of Ada', aliases: ['phone 70'] })
    using stream = await StreamClient.open(tenant.dashboardUrl)
    await until('it is sent', () => stream.vehicles.get('TAXI')?.name === 'Taxi of Ada')
    await post('/api/devices/TAXI/rename', { name: 'Taxi of Bob' })
    await until('the new name is sent', () => stream.vehicles.get('TAXI')?.name === 'Taxi of Bob')
    const found = async (search: string) => {
      const { body } = await read(`/api/vehicles?search=${encodeURIComponent(search)}`)
      return (body as { vehicles: { vin: string }[] }).vehicles.map(({ vin }) => vin)
    }
    for (const text of ['of bob', 'PHONE 70']) expect(await found(text)).to.deep.equal(['TAXI'])

    await post('/api/devices/TAXI/remove')
    await until('it is gone', async () => (await read('/api/vehicles/TAXI')).status === 404)
    await until('it leaves the pages', () => !stream.vehicles.has('TAXI'))
    expect(await found('taxi')).to.deep.equal([])
    await until('it reports without a device', async () => {
      const body = JSON.stringify(readingJson('TAXI'))
      await fetch(`${tenant.url}/events`, { method: 'POST', headers: json, body })
      return (await found('taxi')).length === 1
    })
    expect(await taxi()).to.not.have.property('name')
  })

  for (const [what, path, body, status] of [
    ['an unknown device', '/api/devices/NOBODY/revoke', undefined, 404],
    ['a vin that has a device', '/api/devices', { vin: 'VAN-12' }, 409],
    ['an alias of another device', '/api/devices', { vin: 'B', aliases: ['phone 7'] }, 409],
    ['a vin with a space', '/api/devices', { vin: 'VAN 12' }, 400],
    ['an unknown member', '/api/devices', { nam: 'x' }, 400],
    ['an alias that another device has', '/api/devices/BUS/add-alias', { alias: 'phone 7' }, 409],
    ['an alias with a line break', '/api/devices/BUS/add-alias', { alias: 'a\nb' }, 400],
    ['an alias of an unknown device', '/api/devices/NOBODY/add-alias', { alias: 'x' }, 404],
    ['a name with a line break', '/api/devices/VAN-12/rename', { name: 'a\nb' }, 400],
    ['a body that is no JSON', '/api/devices', undefined, 415],
  ] as const) {
    it(`answers ${status} to ${what}, and changes nothing`, async () => {
      const before = await read('/api/devices')
      const headers: Record<string, string> = body === undefined ? {} : json
      expect((await post(path, body, headers)).status).to.equal(status)
      expect(await read('/api/devices')).to.deep.equal(before)
    })
  }

  it('refuses changes from a page of another website', async () => {
    const headers = { ...json, origin: 'http://evil.example' }
    expect((await post('/api/devices/VAN-12/revoke', undefined, headers)).status).to.equal(403)
  })
})

describe('API of the devices with dashboard.tokenFile', function () {
  this.timeout(90_000)

  it('needs the token to read and to change', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-token-'))
    writeFileSync(join(folder, 'token'), 'open-sesame\n')
    const settings = [`dashboard.tokenFile=${join(folder, 'token')}`]
    await using tenant = await Tenant.create(await sharedServers(), settings)
    await tenant.startDashboard()
    const statusOf = async (method: string, path: string, token?: string) => {
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (token !== undefined) headers['authorization'] = `Bearer ${token}`
      const body = method === 'POST' ? { body: '{"vin":"A"}' } : {}
      return (await fetch(`${tenant.dashboardUrl}${path}`, { method, headers, ...body })).status
    }
    expect(await statusOf('GET', '/api/devices')).to.equal(401)
    expect(await statusOf('POST', '/api/devices')).to.equal(401)
    await until('it is added', async () => {
      return (await statusOf('POST', '/api/devices', 'open-sesame')) === 201
    })
    expect(await statusOf('GET', '/api/devices', 'open-sesame')).to.equal(200)
    rmSync(folder, { recursive: true })
  })
})

import { expect } from 'chai'
import { readingJson } from '../../support/http-client.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

type Printed = {
  readonly vin: string
  readonly name: string
  readonly aliases: readonly string[]
  readonly hasToken: boolean
  readonly token?: string
  readonly devices?: readonly Printed[]
}

describe('npm run devices', function () {
  this.timeout(120_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    recordAsRunning(tenant)
    await tenant.startProducer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const run = (...args: string[]) => runCommand(tenant, ['devices', ...args])
  async function runJson(...args: string[]): Promise<Printed> {
    const { code, out, err } = await run(...args, '--json')
    expect([code, err]).to.deep.equal([0, ''])
    return JSON.parse(out) as Printed
  }

  /** Waits until a reading of the vehicle with this token gets this status. */
  const statusBecomes = (expected: number, vin: string, token: string) =>
    until(`${vin} gets ${expected}`, async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      const body = JSON.stringify(readingJson(vin))
      const { status } = await fetch(`${tenant.url}/events`, { method: 'POST', headers, body })
      return status === expected
    })

  /** Waits until a position of an app that sends this id gets this status. */
  const positionBecomes = (expected: number, id: string, token: string) =>
    until(`${id} gets ${expected}`, async () => {
      const query = new URLSearchParams({
        id,
        lat: '37.77',
        lon: '-122.42',
        timestamp: String(Math.floor(Date.now() / 1000)),
      })
      const response = await fetch(`${tenant.url}/devices/osmand/${token}?${query.toString()}`)
      await response.text()
      return response.status === expected
    })

  it('add prints a token with which the vehicle can report, rotate replaces and revoke refuses it', async () => {
    const added = await runJson('add', '--name', 'Van 12', '--alias', 'phone 7')
    expect(added).to.deep.include({ vin: 'VAN-12', name: 'Van 12', aliases: ['phone 7'] })
    const first = added.token ?? ''
    expect(first).to.match(/^[\w-]{43}$/)
    await statusBecomes(202, 'VAN-12', first)
    const { token: second = '' } = await runJson('rotate', 'phone 7')
    expect(second).to.not.equal(first)
    await statusBecomes(202, 'VAN-12', second)
    await statusBecomes(401, 'VAN-12', first)
    expect(await runJson('revoke', 'VAN-12')).to.include({ hasToken: false })
    await statusBecomes(401, 'VAN-12', second)
  })

  it('list and show never print a token, rename changes the name, remove takes the device off the list', async () => {
    const { token = '' } = await runJson('add', '--vin', 'TRUCK-1')
    expect(await runJson('rename', 'TRUCK-1', 'The truck')).to.include({ name: 'The truck' })
    for (const args of [['list'], ['show', 'TRUCK-1'], ['list', '--json']]) {
      const { code, out } = await run(...args)
      expect(code).to.equal(0)
      expect(out).to.include('The truck').and.not.include(token)
    }
    const removed = await run('remove', 'TRUCK-1')
    expect(removed.out).to.include('Its readings stay')
    const { devices = [] } = await runJson('list')
    expect(devices.map(({ vin }) => vin)).to.not.include('TRUCK-1')
  })

  it('add-alias and remove-alias change the ids under which a device reports', async () => {
    const { token = '' } = await runJson('add', '--vin', 'BUS-1')
    expect((await runJson('add-alias', 'BUS-1', 'phone 8')).aliases).to.deep.equal(['phone 8'])
    // The same alias again changes nothing.
    expect((await runJson('add-alias', 'phone 8', 'phone 8')).aliases).to.deep.equal(['phone 8'])
    await positionBecomes(200, 'phone 8', token)
    expect((await run('add-alias', 'BUS-1', 'phone 9')).out).to.include('phone 8, phone 9')
    expect((await runJson('remove-alias', 'phone 9', 'phone 8')).aliases).to.deep.equal(['phone 9'])
    await positionBecomes(403, 'phone 8', token)
    for (let number = 1; number < 8; number += 1)
      await runJson('add-alias', 'BUS-1', `phone 9${number}`)
    const ninth = await run('add-alias', 'BUS-1', 'phone 98')
    expect([ninth.code, ninth.out + ninth.err]).to.deep.equal([
      1,
      'BUS-1 has 8 aliases, and a device can have no more. Remove one first.\n',
    ])
  })

  for (const [what, args, code, text] of [
    ['an unknown device', ['show', 'NOBODY'], 1, 'There is no device NOBODY.'],
    [
      'a vin that has a device',
      ['add', '--vin', 'VAN-12'],
      1,
      'A device with this vin exists already.',
    ],
    ['a vin with a space', ['add', '--vin', 'VAN 12'], 2, 'Expected 1 to 32 letters (A-Z, a-z)'],
    [
      'an alias of another device',
      ['add', '--vin', 'B', '--alias', 'phone 7'],
      1,
      'Another device',
    ],
    ['the alias of another device', ['add-alias', 'VAN-12', 'phone 9'], 1, 'Another device'],
    [
      'an alias for an unknown device',
      ['add-alias', 'NOBODY', 'x'],
      1,
      'There is no device NOBODY.',
    ],
  ] as const) {
    it(`refuses ${what} with one sentence`, async () => {
      const result = await run(...args)
      expect(result.code).to.equal(code)
      expect(result.out + result.err).to.include(text)
    })
  }
})

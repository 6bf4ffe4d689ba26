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

  for (const [what, args, code, text] of [
    ['an unknown device', ['show', 'NOBODY'], 1, 'There is no device NOBODY.'],
    ['a vin that has a device', ['add', '--vin', 'VAN-12'], 1, 'There is a device with this vin.'],
    ['a vin with a space', ['add', '--vin', 'VAN 12'], 2, 'Expected 1 to 32 of A-Z'],
    [
      'an alias of another device',
      ['add', '--vin', 'B', '--alias', 'phone 7'],
      1,
      'Another device',
    ],
  ] as const) {
    it(`refuses ${what} with one sentence`, async () => {
      const result = await run(...args)
      expect(result.code).to.equal(code)
      expect(result.out + result.err).to.include(text)
    })
  }
})

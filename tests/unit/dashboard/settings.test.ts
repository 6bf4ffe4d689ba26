import { expect } from 'chai'
import type { DashboardConfig } from '../../../services/dashboard/config.ts'
import { settingsFor } from '../../../services/dashboard/site/settings.ts'
import { machineAddresses } from '../../../services/runtime/process/network/machine-addresses.ts'

describe('the addresses of the ingress for phones', () => {
  const onAll = {
    port: 5001,
    path: '/events',
    eventsUrl: undefined,
    hostNames: [],
    needsToken: false,
  }
  const ingressOf = (
    change: Partial<DashboardConfig['ingress']>,
    { hostname = 'localhost', isInContainer = true } = {},
  ) => {
    const config = { map: {}, origin: {}, ingress: { ...onAll, ...change }, isInContainer }
    return settingsFor(config as unknown as DashboardConfig, hostname).ingress
  }

  it('are those of this machine if the ingress listens on all', () => {
    const { origins, isLoopback } = ingressOf({}, { isInContainer: false })
    expect(origins).to.deep.equal(machineAddresses().map((host) => `http://${host}:5001`))
    expect(isLoopback).to.equal(false)
  })

  it('are not known in a container', () => {
    expect(ingressOf({})).to.deep.equal({ origins: [], isLoopback: false, needsToken: false })
  })

  it('begin with the name under which the browser reaches the dashboard', () => {
    expect(ingressOf({}, { hostname: 'fleet.lan' }).origins).to.deep.equal([
      'http://fleet.lan:5001',
    ])
  })

  it('do not repeat an address of this machine', () => {
    const own = machineAddresses().map((host) => `http://${host}:5001`)
    for (const hostname of machineAddresses()) {
      const { origins } = ingressOf({}, { hostname, isInContainer: false })
      expect([...origins].sort()).to.deep.equal([...own].sort())
    }
  })

  it('are the address on which the ingress listens', () => {
    const { origins, isLoopback } = ingressOf({ eventsUrl: 'http://192.0.2.7:5001/events' })
    expect(origins).to.deep.equal(['http://192.0.2.7:5001'])
    expect(isLoopback).to.equal(false)
  })

  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    it(`are only for this machine if the ingress listens on ${host}`, () => {
      const ingress = ingressOf({ eventsUrl: `http://${host}:5001/events` })
      expect(ingress).to.include({ isLoopback: true })
    })
  }

  it('begin with the names under which a proxy publishes an ingress on loopback', () => {
    const eventsUrl = 'http://localhost:5001/events'
    const ingress = ingressOf({ eventsUrl, hostNames: ['a.example.com', 'b.example.com'] })
    expect(ingress.origins.slice(0, 2)).to.deep.equal([
      'https://a.example.com',
      'https://b.example.com',
    ])
    expect(ingress.isLoopback).to.equal(false)
  })

  it('come with whether a token is needed', () => {
    expect(ingressOf({ needsToken: true }).needsToken).to.equal(true)
  })
})

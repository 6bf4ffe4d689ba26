import { expect } from 'chai'
import {
  accessWarnings,
  describeDashboardAccess,
  describeIngressAccess,
  describeWorkerAccess,
} from '../../../infra/config/access.ts'
import { toConfig } from '../../../infra/config/config.ts'

const machine = ['192.0.2.7', '198.51.100.8']
const ingressLines = (ingress: object): string[] =>
  describeIngressAccess(toConfig({ ingress }), machine)
const dashboardLines = (dashboard: object): string[] =>
  describeDashboardAccess(toConfig({ dashboard }), machine)

describe('describeIngressAccess', () => {
  it('names every address of the machine if the ingress listens on all of them', () => {
    expect(ingressLines({ hostPort: 6001, path: '/telemetry' })).to.deep.equal([
      'http://192.0.2.7:6001/telemetry for vehicles',
      'http://198.51.100.8:6001/telemetry for vehicles',
      'A vehicle without a device is refused until you add it (devices.unknown). Exception: a platform that stored readings before it had devices accepts it.',
    ])
  })

  it('names only the address on which the ingress listens', () => {
    expect(ingressLines({ hostAddress: '203.0.113.9' })[0]).to.equal(
      'http://203.0.113.9:5001/events for vehicles',
    )
  })

  it('reports that other machines cannot reach an ingress on loopback', () => {
    for (const hostAddress of ['127.0.0.1', '::1']) {
      expect(ingressLines({ hostAddress })[0]).to.equal(
        'Other machines cannot reach it (ingress.hostAddress).',
      )
    }
  })

  it('says what happens to a vehicle without a device', () => {
    const lastLine = (unknown: string, ingress = {}) =>
      describeIngressAccess(toConfig({ devices: { unknown }, ingress }), machine).at(-1)
    expect(lastLine('ask')).to.equal(
      'A vehicle without a device is refused until you add it (devices.unknown).',
    )
    expect(lastLine('refuse')).to.equal('A vehicle without a token is refused (devices.unknown).')
    for (const text of [lastLine('accept'), lastLine('', { hostAddress: '127.0.0.1' })])
      expect(text).to.equal('A vehicle without a device needs no token to send (devices.unknown).')
  })

  it('names the file of the token', () => {
    expect(ingressLines({ tokenFile: 'ingress.token' }).at(-1)).to.equal(
      'A token is required to send: that of a device, or the line in ingress.token.',
    )
  })
})

describe('describeDashboardAccess', () => {
  it('reports that other machines cannot reach a dashboard that is not public', () => {
    expect(dashboardLines({})).to.deep.equal([
      'Other machines cannot reach it (dashboard.public).',
      'No token is required to read (dashboard.tokenFile).',
    ])
  })

  it('names every address of a public dashboard and the file of its token', () => {
    expect(dashboardLines({ public: true, tokenFile: 'readers.token' })).to.deep.equal([
      'http://192.0.2.7:5002/ for other machines',
      'http://198.51.100.8:5002/ for other machines',
      'A token is required to read: the line in readers.token.',
    ])
  })

  it('is empty without a dashboard', () => {
    expect(dashboardLines({ instances: 0, public: true })).to.deep.equal([])
  })
})

describe('describeWorkerAccess', () => {
  it('names the address on which Kafka and Postgres also listen, if there is one', () => {
    const lines = (hostAddress: string) =>
      describeWorkerAccess(toConfig({ worker: { hostAddress } }))
    expect(lines('')).to.deep.equal([])
    expect(lines('192.0.2.7')).to.deep.equal([
      'Kafka and Postgres also listen on 192.0.2.7, with passwords and without encryption (worker.hostAddress).',
    ])
  })
})

describe('accessWarnings', () => {
  const warnings = (dashboard: object): string[] => accessWarnings(toConfig({ dashboard }))

  it('warn of a public dashboard without a token', () => {
    expect(warnings({ public: true })).to.deep.equal([
      'Warning: dashboard.public is true and dashboard.tokenFile is empty. Every machine that reaches this one can read the positions of all vehicles. Set dashboard.tokenFile to a file with a token.',
    ])
  })

  it('are empty for all other dashboards', () => {
    for (const dashboard of [
      {},
      { public: true, tokenFile: 'readers.token' },
      { public: true, instances: 0 },
    ]) {
      expect(warnings(dashboard)).to.deep.equal([])
    }
  })
})

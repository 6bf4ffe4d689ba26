import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ownCertificateFiles } from '../../infra/local/certificate/own-certificate.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

describe('TLS of npm start (skipped if OpenSSL is not installed)', function () {
  this.timeout(300_000)

  before(function () {
    if (spawnSync('openssl', ['version']).status !== 0) this.skip()
  })

  it('prints the private certificate authority, and stores readings of a fleet that trusts it', async () => {
    await using home = await PlatformHome.create([
      'fleet.numVehicles=1',
      'ingress.tls.selfSigned=true',
    ])
    const platform = home.start()
    await platform.waitForOutput('The platform is running.')
    const { authority, certFile } = ownCertificateFiles(home.folders.state)
    const { fingerprint256 } = new X509Certificate(readFileSync(authority))
    expect(platform.output)
      .to.include(`Clients must trust the certificate authority in ${authority}.`)
      .and.to.include(`Its SHA-256 fingerprint is ${fingerprint256}.`)
    await until('the fleet of the platform is stored', async () => (await home.countRows()) > 0)

    const host = `https://localhost:${home.config.ingress.hostPort}`
    const fleetOf = (...options: string[]) =>
      home.command('fleet', '--', '--host', host, '--num-vehicles', '1', ...options)
    const trusting = fleetOf('--ca-file', authority)
    await trusting.waitForOutput(`reports to ${host}${home.config.ingress.path}.`)
    await trusting.waitForOutput(/^ {2}[1-9]\d* acknowledged, /m)
    trusting.pressCtrlC()
    expect(await trusting.waitForExit()).to.equal(0)

    const other = fleetOf()
    await other.waitForOutput(/0 acknowledged, .*last error: self-signed certificate/)
    other.pressCtrlC()
    await other.waitForExit()

    const expiry = Date.parse(new X509Certificate(readFileSync(certFile)).validTo)
    const { opsHostPort } = home.config.dashboard
    await until('the dashboard reports the certificate', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${opsHostPort}/metrics`)).text()
      const valueOf = (name: string) =>
        new RegExp(`^telemetry_ingress_certificate_${name}(?:{.*})? (\\S+)$`, 'm').exec(
          metrics,
        )?.[1]
      return (
        valueOf('expiry_timestamp_seconds') === String(expiry / 1000) && valueOf('unused') === '0'
      )
    })
    platform.pressCtrlC()
    expect(await platform.waitForExit()).to.equal(0)
  })
})

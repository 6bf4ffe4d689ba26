import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Server } from 'node:tls'
import { createServer } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { CertificateMonitor } from '../../../services/dashboard/health/certificate-monitor.ts'
import { aCertificate } from '../../support/certificates.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

describe('monitor of the certificate of the ingress (skipped if OpenSSL is not installed)', () => {
  let folder: TemporaryFolder
  let server: Server
  let pair: { cert: string; key: string }
  let monitor: CertificateMonitor
  let registry: Registry
  const file = (name: string) => join(folder.path, name)

  before(function () {
    const made = aCertificate()
    if (made === undefined) this.skip()
    pair = made
  })

  beforeEach(async () => {
    folder = new TemporaryFolder()
    write(pair)
    server = createServer({ ...pair }, (socket) => socket.on('error', () => socket.destroy()))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const files = { certFile: file('cert.pem'), keyFile: file('key.pem') }
    registry = new Registry()
    monitor = new CertificateMonitor({ address: { host: '127.0.0.1', port }, files }, registry)
  })

  afterEach(() => {
    server.close()
    folder[Symbol.dispose]()
  })

  function write({ cert, key }: { cert: string; key: string }): void {
    writeFileSync(file('cert.pem'), cert)
    writeFileSync(file('key.pem'), key)
  }

  /** Both metrics after a check. */
  async function checked(): Promise<{ expiry: number | undefined; unused: number | undefined }> {
    await monitor.check()
    const [expiry, unused] = await Promise.all(
      ['expiry_timestamp_seconds', 'unused'].map(async (name) => {
        const metric = registry.getSingleMetric(`telemetry_ingress_certificate_${name}`)
        return (await metric?.get())?.values[0]?.value
      }),
    )
    return { expiry, unused }
  }

  it('shows when the certificate expires, and that its files are used', async () => {
    const expiry = Date.parse(new X509Certificate(pair.cert).validTo) / 1000
    expect(await checked()).to.deep.equal({ expiry, unused: 0 })
    expect(await checked()).to.deep.equal({ expiry, unused: 0 })
  })

  for (const [title, spoil] of [
    ['garbage', () => ({ ...pair, cert: 'garbage' })],
    ['another certificate, which the ingress does not show', () => aCertificate() ?? pair],
    ['the key of another certificate', () => ({ ...pair, key: aCertificate()?.key ?? '' })],
  ] as const)
    it(`reports ${title} in the files at the second check, and no longer when it is repaired`, async () => {
      write(spoil())
      expect((await checked()).unused).to.equal(0)
      expect((await checked()).unused).to.equal(1)
      write(pair)
      expect((await checked()).unused).to.equal(0)
    })

  it('shows 0 as the expiry time if the ingress does not answer', async () => {
    server.close()
    await once(server, 'close')
    expect((await checked()).expiry).to.equal(0)
  })
})

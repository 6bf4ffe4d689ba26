import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../../services/ingress/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-ingress-'))
const secretFile = join(folder, 'proxy')
writeFileSync(secretFile, 'secret\n')

const environment = {
  PROXY_SECRET_FILE: secretFile,
  LOG_LEVEL: 'info',
  HTTP_HOST: '0.0.0.0',
  HTTP_PORT: '5001',
  PRODUCERS: '10.0.0.1:5101,[::1]:5102',
  PRODUCERS_OPS: '10.0.0.1:5301,[::1]:5302',
  MAX_CONNECTIONS_PER_CLIENT: '1024',
}

describe('readConfig of the ingress', () => {
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('pairs each producer with its readiness address and removes the brackets of IPv6 addresses', () => {
    expect(readConfig(environment)).to.deep.equal({
      logLevel: 'info',
      http: { host: '0.0.0.0', port: 5001 },
      maxConnectionsPerClient: 1_024,
      proxySecret: 'secret',
      tls: undefined,
      producers: [
        { main: { host: '10.0.0.1', port: 5101 }, ops: { host: '10.0.0.1', port: 5301 } },
        { main: { host: '::1', port: 5102 }, ops: { host: '::1', port: 5302 } },
      ],
    })
  })

  it('reports every variable that is not set', () => {
    expect(() => readConfig({ ...environment, PRODUCERS: '', HTTP_PORT: '' })).to.throw(
      /PRODUCERS is not set;[^]*HTTP_PORT is not set;/,
    )
  })

  for (const address of ['10.0.0.1', ':5101', '10.0.0.1:', '10.0.0.1:x', '10.0.0.1:70000']) {
    it(`refuses the producer address ${address}, which is not host:port`, () => {
      expect(() => readConfig({ ...environment, PRODUCERS: address })).to.throw('PRODUCERS is ')
    })
  }

  it('refuses a number of readiness addresses that differs from the number of producers', () => {
    const fewer = { ...environment, PRODUCERS_OPS: '10.0.0.1:5301' }
    expect(() => readConfig(fewer)).to.throw('as many as in PRODUCERS')
  })
})

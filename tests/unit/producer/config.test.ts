import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../../services/producer/config.ts'
import { aPlatform } from '../infra/a-platform.ts'

describe('readConfig of the producer', () => {
  let state: string

  before(() => {
    state = mkdtempSync(join(tmpdir(), 'av-telemetry-producer-'))
    mkdirSync(join(state, 'secrets'))
    for (const name of ['kafka', 'reader', 'gateway', 'proxy'])
      writeFileSync(join(state, 'secrets', name), `${name}\n`)
  })

  after(() => {
    rmSync(state, { recursive: true })
  })

  const environmentOf = (instances: number) =>
    aPlatform({ producer: { instances } }, state).of('producer')[0]?.env ?? {}
  const clientsOf = (environment: Readonly<Record<string, string | undefined>>) => {
    const { proxySecret, maxConnectionsPerClient } = readConfig(environment)
    return { proxySecret, maxConnectionsPerClient }
  }

  it('limits the connections of clients that connect without an ingress', () => {
    expect(clientsOf(environmentOf(1))).to.deep.equal({
      proxySecret: undefined,
      maxConnectionsPerClient: 1_024,
    })
  })

  it('knows the secret of the ingress that limits the connections of clients', () => {
    expect(clientsOf(environmentOf(2))).to.deep.equal({
      proxySecret: 'proxy',
      maxConnectionsPerClient: undefined,
    })
  })

  it('refuses an environment that says neither', () => {
    const environment = { ...environmentOf(1), MAX_CONNECTIONS_PER_CLIENT: undefined }
    expect(() => readConfig(environment)).to.throw('PROXY_SECRET_FILE is not set')
  })
})

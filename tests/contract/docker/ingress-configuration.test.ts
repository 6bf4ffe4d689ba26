import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ConfigError, toConfig } from '../../../infra/config/config.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import { defaultPlatform } from './declared-platform.ts'
import { aDockerPlatform } from '../../unit/infra/a-platform.ts'

const file = new URL('../../../infra/docker/images/haproxy.cfg', import.meta.url)
const text = readFileSync(file, 'utf8')

/** The rest of the HAProxy configuration line that begins with these words. */
function after(words: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim().startsWith(`${words} `))
  if (line === undefined) throw new Error(`haproxy.cfg has no ${words}`)
  return line.trim().slice(words.length + 1)
}

// The file is constant, so only this test compares it with the topology.
describe('HAProxy configuration', () => {
  const { config, of } = aDockerPlatform({})
  const placement = dockerPlacement(config)
  const template = after('server-template producer-')

  it('listens on the ingress port of the topology', () => {
    expect(after('bind')).to.equal(`:${placement.listen('ingress', 0, 'main').port}`)
  })

  it('uses the DNS name and port of the producers', () => {
    const { port } = placement.reach('producer', 0, 'main')
    expect(template.split(' ')[1]).to.equal(`producer:${port}`)
  })

  it('has one server slot for each producer that the configuration allows', () => {
    const [first, last] = template.split(' ')[0]!.split('-').map(Number)
    expect(first).to.equal(1)
    expect(() => toConfig({}, [`producer.instances=${last}`])).to.not.throw()
    expect(() => toConfig({}, [`producer.instances=${last! + 1}`])).to.throw(ConfigError)
  })

  it('uses the health check path and port of the topology', () => {
    const ready = of('producer')[0]!.ready
    if (ready.kind !== 'http') throw new Error('a producer is asked by HTTP')
    expect(after('option httpchk')).to.equal(`GET ${ready.path}`)
    expect(after('default-server')).to.match(new RegExp(` check port ${ready.address.port} `))
  })

  it('sends the client address only by the PROXY protocol, and not to the health port', () => {
    const options = after('default-server')
    expect(options).to.match(/^send-proxy-v2 set-proxy-v2-tlv-fmt\(0xE0\) "\$PROXY_SECRET" /)
    expect(text).to.not.match(/forwardfor|check-send-proxy/)
  })

  it('uses only variables that the container of the ingress has', async () => {
    const { container } = await defaultPlatform()
    const { envs = [], entrypoints = [] } = container('ingress-0').inputs
    const set = envs.map((pair) => pair.replace(/=.*$/, ''))
    const used = text.match(/"\$[A-Z_]+"/g)?.map((name) => name.slice(2, -1)) ?? []
    expect(used).to.have.length.above(1)
    for (const name of used) {
      if (name === 'PROXY_SECRET') expect(entrypoints.join(' ')).to.include(`export ${name}`)
      else expect(set).to.include(name)
    }
    expect(set.filter((name) => name.startsWith('PRODUCERS'))).to.deep.equal([])
  })

  it('has a server timeout longer than the response timeout of a producer', () => {
    const seconds = Number(/^(\d+)s$/.exec(after('timeout server'))?.[1])
    expect(seconds).to.be.greaterThan(10)
  })
})

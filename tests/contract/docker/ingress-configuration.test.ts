import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ConfigError, toConfig } from '../../../infra/config/config.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import { aDockerPlatform } from '../../unit/infra/a-platform.ts'

const file = new URL('../../../infra/docker/images/haproxy.cfg', import.meta.url)
const text = readFileSync(file, 'utf8')

/** What a line of HAProxy's configuration says after its first words. */
function after(words: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim().startsWith(`${words} `))
  if (line === undefined) throw new Error(`haproxy.cfg has no ${words}`)
  return line.trim().slice(words.length + 1)
}

// It is constant, so nothing but this test holds it to the topology.
describe('configuration of HAProxy', () => {
  const { config, of } = aDockerPlatform({})
  const placement = dockerPlacement(config)
  const template = after('server-template producer-')

  it('listens where the topology has the ingress', () => {
    expect(after('bind')).to.equal(`:${placement.listen('ingress', 0, 'main').port}`)
  })

  it('finds the producers under the name and at the port that they have', () => {
    const { port } = placement.reach('producer', 0, 'main')
    expect(template.split(' ')[1]).to.equal(`producer:${port}`)
  })

  it('has room for as many producers as the configuration allows', () => {
    const [first, last] = template.split(' ')[0]!.split('-').map(Number)
    expect(first).to.equal(1)
    expect(() => toConfig({}, [`producer.instances=${last}`])).to.not.throw()
    expect(() => toConfig({}, [`producer.instances=${last! + 1}`])).to.throw(ConfigError)
  })

  it('asks the producers for their health as the topology does', () => {
    const ready = of('producer')[0]!.ready
    if (ready.kind !== 'http') throw new Error('a producer is asked by HTTP')
    expect(after('option httpchk')).to.equal(`GET ${ready.path}`)
    expect(after('default-server')).to.match(
      new RegExp(`^send-proxy check port ${ready.address.port} `),
    )
  })

  it('says who the client is by the PROXY protocol alone, and not to the health port', () => {
    expect(after('default-server').split(' ')).to.include('send-proxy')
    expect(text).to.not.match(/forwardfor|check-send-proxy/)
  })

  it('waits longer for an answer than a producer takes for one', () => {
    const seconds = Number(/^(\d+)s$/.exec(after('timeout server'))?.[1])
    expect(seconds).to.be.greaterThan(10)
  })
})

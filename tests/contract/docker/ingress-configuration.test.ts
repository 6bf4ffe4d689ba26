import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ConfigError, toConfig } from '../../../infra/config/config.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import { declarePlatform, defaultPlatform } from './declared-platform.ts'
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
    expect(template.split(' ')[1]).to.equal(`"\${PRODUCERS_HOST-producer}:${port}"`)
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

  describe('with a certificate', () => {
    const tls = { certFile: 'tls/fullchain.pem', keyFile: 'keys/privkey.pem' }

    it('publishes the port with TLS, and the port without TLS only to containers', async () => {
      const { container } = await declarePlatform({ ingress: { tls } })
      const { ports = [] } = container('ingress-0').inputs
      expect(ports.map(({ internal, external }) => [internal, external])).to.deep.equal([
        [5443, 5001],
      ])
      expect(text).to.match(/^ {4}bind :5443 ssl crt \/tmp\/ingress\.pem /m)
      const plain = (await defaultPlatform()).container('ingress-0').inputs.ports ?? []
      expect(plain.map(({ internal }) => internal)).to.deep.equal([5001])
    })

    it('mounts the folders of certificate and key, so that replaced files are seen', async () => {
      const { container } = await declarePlatform({ ingress: { tls } })
      const { envs = [], volumes = [], entrypoints = [] } = container('ingress-0').inputs
      const mounts = volumes.filter(({ hostPath }) => hostPath !== undefined)
      expect(mounts).to.deep.equal([
        { hostPath: '/clone/tls', containerPath: '/run/tls-certificate', readOnly: true },
        { hostPath: '/clone/keys', containerPath: '/run/tls-key', readOnly: true },
      ])
      expect(envs).to.include.members([
        'TLS_CERT_FILE=/run/tls-certificate/fullchain.pem',
        'TLS_KEY_FILE=/run/tls-key/privkey.pem',
        'TLS_MIN_VERSION=1.2',
      ])
      for (const file of ['/tmp/ingress.pem', '/tmp/candidate.pem']) {
        expect(text).to.include(`crt ${file} `)
        expect(entrypoints.join(' ')).to.include(file)
      }
    })

    it('reads the files of the program that replaces the certificate', () => {
      const program = readFileSync(new URL('certificate.lua', file), 'utf8')
      for (const part of ['/tmp/ingress.pem', '/tmp/candidate.pem', 'check_port = 5444'])
        expect(program).to.include(part)
      expect(text).to.include('bind 127.0.0.1:5444 ssl crt /tmp/candidate.pem ')
      const dockerfile = readFileSync(new URL('ingress.Dockerfile', file), 'utf8')
      expect(dockerfile).to.include('COPY haproxy.cfg certificate.lua /usr/local/etc/haproxy/')
    })
  })
})

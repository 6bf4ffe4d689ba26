import * as pulumi from '@pulumi/pulumi'
import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { mountedFiles } from '../../../infra/containers/placement.ts'
import { publishedPorts } from '../../../infra/docker/placement.ts'
import { memoryEnv } from '../../../infra/topology/node-memory.ts'
import { roles } from '../../../infra/topology/role-registry.ts'
import type { DeclaredContainer } from './declared-platform.ts'
import {
  declarePlatform,
  defaultPlatform,
  imageOf,
  largePlatform,
  platforms,
} from './declared-platform.ts'
import { valueOf } from '../recorder.ts'

const ourServices = ['provision', 'producer', 'consumer', 'dashboard']

/** The secrets that a container mounts, and whether each is writable. */
const secretsOf = ({ inputs }: DeclaredContainer) =>
  (inputs.volumes ?? [])
    .filter(({ containerPath }) => containerPath?.startsWith('/run/secrets/'))
    .map(({ volumeName, containerPath, readOnly }) => {
      const name = containerPath?.replace('/run/secrets/', '') ?? ''
      expect(volumeName).to.equal(`av_telemetry-secret-${name}`)
      return `${name} ${readOnly ? 'read' : 'written'}`
    })

for (const [title, platform] of Object.entries(platforms)) {
  describe(`containers of our services (${title})`, () => {
    it('have only the environment of the plan and the heap limit', async () => {
      const { plans, container } = await platform()
      for (const plan of plans.filter(({ role }) => ourServices.includes(role))) {
        const { name, env } = plan
        const pairs = Object.entries({ ...env, ...memoryEnv(plan) }).map(
          ([key, value]) => `${key}=${value}`,
        )
        expect(container(name).inputs.envs, name).to.deep.equal(pairs.sort())
        expect(pairs.length).to.be.greaterThan(5)
      }
    })

    it('run the default command of their image', async () => {
      const { plans, container } = await platform()
      for (const { name, role } of plans.filter(({ role }) => ourServices.includes(role))) {
        const { inputs } = container(name)
        expect(inputs.image, name).to.equal(imageOf(role))
        expect(inputs.command, name).to.equal(undefined)
        expect(inputs.entrypoints, name).to.equal(undefined)
      }
    })

    it('have the instance name and the service name as network aliases', async () => {
      const { plans, container } = await platform()
      for (const { name, role } of plans.filter(({ role }) => ourServices.includes(role))) {
        const { inputs } = container(name)
        expect(inputs.hostname).to.equal(name)
        expect(inputs.networksAdvanced).to.deep.equal([
          { name: 'av_telemetry', aliases: [name, role] },
        ])
      }
    })

    it('mount every secret file that their environment names', async () => {
      for (const { inputs } of (await platform()).containers) {
        const named = (inputs.envs ?? []).filter((pair) => pair.includes('/run/secrets/'))
        const folders = named.map((pair) => pair.replace(/^.*=/, '').replace(/\/secret$/, ''))
        const seen = (inputs.volumes ?? []).map(({ containerPath }) => containerPath)
        expect(folders.filter((folder) => !seen.includes(folder))).to.deep.equal([])
      }
    })

    it('publish the ports of the placement, on loopback except for the ingress', async () => {
      const { plans, container, config } = await platform()
      for (const plan of plans) {
        const { ports } = container(plan.name).inputs
        expect(ports, plan.name).to.deep.equal(publishedPorts(config, plan))
        const addresses = new Set(ports?.map(({ ip }) => ip))
        const expected = plan.role === 'ingress' ? ['0.0.0.0'] : ['127.0.0.1']
        expect([...addresses]).to.deep.equal(plan.role === 'provision' ? [] : expected)
      }
      expect(container('secrets').inputs.ports).to.deep.equal([])
    })
  })
}

describe('secrets that containers see', () => {
  const written = (names: readonly string[]) => names.map((name) => `${name} written`)
  const ofServices = written(['owner', 'writer', 'worker', 'operator', 'reader'])
  const ofServers = written(['kafka', 'kafka-worker', 'zookeeper', 'proxy', 'gateway'])

  it('are only those that each service needs', async () => {
    const { containers } = await defaultPlatform()
    const seen = containers.map((container) => [container.name, secretsOf(container)])
    expect(Object.fromEntries(seen)).to.deep.equal({
      secrets: [...ofServices, ...ofServers],
      'postgres-0': ['owner read'],
      'zookeeper-0': ['zookeeper read'],
      'kafka-0': ['kafka read', 'zookeeper read'],
      'provision-0': [
        ...['owner read', 'writer read', 'worker read', 'operator read', 'reader read'],
        ...['kafka-worker read', 'kafka read'],
      ],
      'consumer-0': ['writer read', 'kafka read'],
      'worker-0': [
        ...['worker read', 'reader read', 'kafka-worker read', 'kafka read', 'gateway read'],
      ],
      'producer-0': ['reader read', 'kafka read', 'proxy read', 'gateway read'],
      'ingress-0': ['proxy read'],
      'dashboard-0': ['reader read', 'operator read', 'kafka read'],
    })
  })

  it('include the token only for producers when it is configured', async () => {
    const { containers } = await largePlatform()
    const withToken = containers.filter((container) =>
      secretsOf(container).some((secret) => secret.startsWith('token')),
    )
    expect(withToken.map((container) => [container.name, secretsOf(container)])).to.deep.equal([
      ['secrets', [...ofServices, ...ofServers, 'token written']],
      ['producer-0', ['reader read', 'kafka read', 'proxy read', 'gateway read', 'token read']],
      ['producer-1', ['reader read', 'kafka read', 'proxy read', 'gateway read', 'token read']],
    ])
  })
})

describe('producer containers', () => {
  it('are the only containers that are replaced when the token changes', async () => {
    const { containers, secrets } = await largePlatform()
    const version = await valueOf(pulumi.output(secrets.versionOf('token')))
    expect(version).to.equal('clear token')
    for (const { name, options } of containers) {
      const trigger = await valueOf(pulumi.output(options.replacementTrigger as unknown))
      const expected = name.startsWith('dashboard') ? '' : undefined
      expect(trigger, name).to.equal(name.startsWith('producer') ? version : expected)
    }
  })

  it('publish no port for readings, because readings arrive through the ingress', async () => {
    const { container } = await declarePlatform({
      producer: { instances: 2, opsHostPort: 6301 },
      ingress: { addressFile: '', hostPort: 6001, hostAddress: '127.0.0.1' },
    })
    const at = (internal: number, external: number) => ({ internal, external, ip: '127.0.0.1' })
    expect(container('producer-0').inputs.ports).to.deep.equal([at(8081, 6301)])
    expect(container('producer-1').inputs.ports).to.deep.equal([at(8081, 6302)])
    expect(container('ingress-0').inputs.ports).to.deep.equal([at(5001, 6001)])
  })
})

describe('dashboard container', () => {
  it('mounts its token and the map, and is replaced when the token changes', async () => {
    const { container } = await declarePlatform(
      {
        dashboard: { tokenFile: 'token', pmtilesFile: 'map.pmtiles' },
        ingress: { addressFile: '' },
      },
      { token: 'of producers', dashboardToken: 'of readers' },
    )
    const { inputs, options } = container('dashboard-0')
    expect(secretsOf(container('dashboard-0'))).to.deep.equal([
      'reader read',
      'operator read',
      'kafka read',
      'dashboard-token read',
    ])
    expect(inputs.envs).to.include('TOKEN_FILE=/run/secrets/dashboard-token/secret')
    expect(inputs.envs).to.include('MAP_PMTILES_FILE=/run/map.pmtiles')
    expect(inputs.envs).to.include('ROADS_FILE=/run/roads/roads.geojson')
    expect(inputs.volumes).to.deep.include({
      volumeName: 'av_telemetry-roads',
      containerPath: '/run/roads',
      readOnly: true,
    })
    expect(await valueOf(pulumi.output(options.replacementTrigger as unknown))).to.equal(
      'of readers',
    )
  })

  it('is published on every network when public, and is not created when instances is 0', async () => {
    const open = await declarePlatform({
      dashboard: { public: true },
      ingress: { addressFile: '' },
    })
    expect(open.container('dashboard-0').inputs.ports).to.deep.equal([
      { internal: 8080, external: 5002, ip: '0.0.0.0' },
      { internal: 8081, external: 5501, ip: '127.0.0.1' },
    ])
    const none = await declarePlatform({
      dashboard: { instances: 0 },
      ingress: { addressFile: '' },
    })
    expect(none.containers.filter(({ name }) => name.startsWith('dashboard'))).to.deep.equal([])
  })

  it('reads the map file relative to the clone', () => {
    const config = toConfig({ dashboard: { pmtilesFile: 'tiles/map.pmtiles' } })
    expect(mountedFiles(roles.dashboard, config, '/clone')).to.deep.equal([
      { hostPath: '/clone/tiles/map.pmtiles', containerPath: '/run/map.pmtiles', readOnly: true },
    ])
    expect(mountedFiles(roles.dashboard, toConfig({}), '/clone')).to.deep.equal([])
  })
})

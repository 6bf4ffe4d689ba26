import { expect } from 'chai'
import type { DeclaredPlatform } from './declared-platform.ts'
import { declarePlatform, defaultPlatform, largePlatform, stack } from './declared-platform.ts'

const namesOf = ({ resources }: DeclaredPlatform) =>
  resources.map(({ kind, name }) => `${kind} ${name}`)
const ofKind = ({ resources }: DeclaredPlatform, wanted: string) =>
  resources.filter(({ kind }) => kind === wanted)
const labelsOf = (inputs: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    (inputs['labels'] as { label: string; value: string }[]).map(({ label, value }) => [
      label,
      value,
    ]),
  )

/** A container that runs all the time has a command that limits its processes. */
const running = (name: string) => [`Container ${name}`, `Command ${name}-processes`]

describe('Pulumi resources', () => {
  it('of a default platform are complete', async () => {
    expect(namesOf(await defaultPlatform())).to.deep.equal([
      'Network network',
      'Command vehicles',
      ...['RandomPassword password-owner', 'RandomPassword password-writer'],
      ...['RandomPassword password-worker', 'RandomPassword password-operator'],
      ...['RandomPassword password-reader', 'RandomPassword password-kafka'],
      ...['RandomPassword password-kafka-worker', 'RandomPassword password-zookeeper'],
      ...['RandomPassword password-proxy', 'RandomPassword password-gateway'],
      ...['Volume secret-owner', 'Volume secret-writer'],
      ...['Volume secret-worker', 'Volume secret-operator', 'Volume secret-reader'],
      ...['Volume secret-kafka', 'Volume secret-kafka-worker', 'Volume secret-zookeeper'],
      ...['Volume secret-proxy', 'Volume secret-gateway'],
      'Container secrets',
      ...['Volume postgres-0', ...running('postgres-0')],
      ...['Volume zookeeper-0', ...running('zookeeper-0')],
      ...['Volume kafka-0', ...running('kafka-0')],
      'Container provision-0',
      ...['consumer-0', 'worker-0', 'producer-0', 'ingress-0'].flatMap(running),
      ...['Volume roads', ...running('dashboard-0')],
    ])
  })

  it('of a large platform match the instance counts and include a volume for the token', async () => {
    const platform = await largePlatform()
    expect(platform.containers.map(({ name }) => name)).to.deep.equal([
      'secrets',
      'postgres-0',
      ...['zookeeper-0', 'zookeeper-1', 'zookeeper-2'],
      ...['kafka-0', 'kafka-1', 'kafka-2'],
      'provision-0',
      ...['consumer-0', 'consumer-1', 'consumer-2', 'consumer-3'],
      'worker-0',
      ...['producer-0', 'producer-1'],
      'ingress-0',
      'dashboard-0',
    ])
    expect(ofKind(platform, 'Volume').map(({ name }) => name)).to.deep.equal([
      ...['secret-owner', 'secret-writer', 'secret-worker'],
      ...['secret-operator', 'secret-reader', 'secret-kafka', 'secret-kafka-worker'],
      ...['secret-zookeeper', 'secret-proxy', 'secret-gateway', 'secret-token'],
      'postgres-0',
      ...['zookeeper-0', 'zookeeper-1', 'zookeeper-2'],
      ...['kafka-0', 'kafka-1', 'kafka-2'],
      'roads',
    ])
  })

  it('have engine names that begin with the network name', async () => {
    const platform = await declarePlatform({
      network: { name: 'my-fleet' },
      ingress: { addressFile: '' },
    })
    const [network] = ofKind(platform, 'Network')
    expect(network?.inputs['name']).to.equal('my-fleet')
    for (const { name, inputs } of [...platform.containers, ...ofKind(platform, 'Volume')]) {
      expect(inputs['name']).to.equal(`my-fleet-${name}`)
    }
    for (const { inputs } of platform.containers) {
      expect(inputs.networksAdvanced?.map(({ name }) => name)).to.deep.equal(['my-fleet'])
    }
  })
})

describe('Docker labels', () => {
  const platformLabel = { 'av-telemetry.platform': 'av_telemetry' }

  it('of the network and the volumes contain the platform', async () => {
    const platform = await largePlatform()
    for (const { inputs } of [...ofKind(platform, 'Network'), ...ofKind(platform, 'Volume')]) {
      expect(labelsOf(inputs)).to.deep.equal(platformLabel)
    }
  })

  it('of a container contain the platform, the role and the stack', async () => {
    const { containers, config } = await largePlatform()
    for (const { name, inputs } of containers) {
      expect(labelsOf(inputs)).to.deep.equal({
        ...platformLabel,
        'av-telemetry.role': name === 'secrets' ? 'provision' : name.replace(/-\d+$/, ''),
        'av-telemetry.stack': stack,
        ...(name.startsWith('consumer') && { 'av-telemetry.config': JSON.stringify(config) }),
      })
    }
  })

  it('have a stable order', async () => {
    const { container } = await defaultPlatform()
    expect(container('consumer-0').inputs.labels?.map(({ label }) => label)).to.deep.equal([
      'av-telemetry.config',
      'av-telemetry.platform',
      'av-telemetry.role',
      'av-telemetry.stack',
    ])
  })
})

describe('Docker network', () => {
  it('uses the bridge driver', async () => {
    const [network] = ofKind(await defaultPlatform(), 'Network')
    expect(network?.inputs['driver']).to.equal('bridge')
  })

  it('is removed after its vehicles, which Pulumi does not manage', async () => {
    const [vehicles] = ofKind(await defaultPlatform(), 'Command')
    expect(vehicles?.after).to.deep.equal(['network'])
    expect(vehicles?.inputs).to.deep.equal({
      delete: [
        'for vehicle in $(docker ps -aq --filter label=av-telemetry.vehicle-of=av_telemetry); do docker rm -fv "$vehicle" || exit 1; done',
        'kept=$(docker volume ls -q --filter label=av-telemetry.vehicle-of=av_telemetry)',
        '[ -z "$kept" ] || docker volume rm $kept',
      ].join('\n'),
    })
  })
})

describe('Docker volumes', () => {
  for (const keepData of [true, false]) {
    it(`${keepData ? 'are kept' : 'are removed'} on destroy when postgres.keepData is ${keepData}`, async () => {
      const tree = { postgres: { keepData }, ingress: { addressFile: '', tokenFile: 'token' } }
      const volumes = ofKind(await declarePlatform(tree, { token: 'a token' }), 'Volume')
      expect(volumes.length).to.equal(15)
      for (const { options, inputs } of volumes) {
        expect(options.retainOnDelete).to.equal(keepData)
        expect(inputs['driver']).to.equal('local')
      }
    })
  }

  it('of servers are separate and mounted at the data folder of the image', async () => {
    const { containers } = await largePlatform()
    const kept = containers.flatMap(({ name, inputs }) =>
      (inputs.volumes ?? [])
        .filter(({ readOnly }) => readOnly === false && name !== 'secrets')
        .map(({ volumeName, containerPath }) => [name, volumeName, containerPath]),
    )
    const of = (name: string, path: string) => [name, `av_telemetry-${name}`, path]
    expect(kept).to.deep.equal([
      of('postgres-0', '/var/lib/postgresql'),
      ...[0, 1, 2].map((instance) => of(`zookeeper-${instance}`, '/data')),
      ...[0, 1, 2].map((instance) => of(`kafka-${instance}`, '/var/lib/kafka/data')),
    ])
  })
})

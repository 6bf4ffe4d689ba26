import { expect } from 'chai'
import type { DrawnPlatform } from './drawn-platform.ts'
import { drawPlatform, oneOfEach, severalOfEach, stack } from './drawn-platform.ts'

const namesOf = ({ resources }: DrawnPlatform) =>
  resources.map(({ kind, name }) => `${kind} ${name}`)
const ofKind = ({ resources }: DrawnPlatform, wanted: string) =>
  resources.filter(({ kind }) => kind === wanted)
const labelsOf = (inputs: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    (inputs['labels'] as { label: string; value: string }[]).map(({ label, value }) => [
      label,
      value,
    ]),
  )

describe('resources', () => {
  it('of one of each', async () => {
    expect(namesOf(await oneOfEach())).to.deep.equal([
      'Network network',
      'Command vehicles',
      ...['RandomPassword password-owner', 'RandomPassword password-writer'],
      'RandomPassword password-reader',
      ...['Volume secret-owner', 'Volume secret-writer', 'Volume secret-reader'],
      'Container secrets',
      ...['Volume postgres-0', 'Container postgres-0'],
      ...['Volume zookeeper-0', 'Container zookeeper-0'],
      ...['Volume kafka-0', 'Container kafka-0'],
      'Container provision-0',
      'Container consumer-0',
      'Container producer-0',
      'Container ingress-0',
      ...['Volume roads', 'Container dashboard-0'],
    ])
  })

  it('of several of each: as many as the configuration says, and a volume for the token', async () => {
    const platform = await severalOfEach()
    expect(platform.containers.map(({ name }) => name)).to.deep.equal([
      'secrets',
      'postgres-0',
      ...['zookeeper-0', 'zookeeper-1', 'zookeeper-2'],
      ...['kafka-0', 'kafka-1', 'kafka-2'],
      'provision-0',
      ...['consumer-0', 'consumer-1', 'consumer-2', 'consumer-3'],
      ...['producer-0', 'producer-1'],
      'ingress-0',
      'dashboard-0',
    ])
    expect(ofKind(platform, 'Volume').map(({ name }) => name)).to.deep.equal([
      ...['secret-owner', 'secret-writer', 'secret-reader', 'secret-token'],
      'postgres-0',
      ...['zookeeper-0', 'zookeeper-1', 'zookeeper-2'],
      ...['kafka-0', 'kafka-1', 'kafka-2'],
      'roads',
    ])
  })

  it('are called in the engine as the network is called', async () => {
    const platform = await drawPlatform({
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

describe('labels', () => {
  const platformLabel = { 'av-telemetry.platform': 'av_telemetry' }

  it('of the network and the volumes say the platform', async () => {
    const platform = await severalOfEach()
    for (const { inputs } of [...ofKind(platform, 'Network'), ...ofKind(platform, 'Volume')]) {
      expect(labelsOf(inputs)).to.deep.equal(platformLabel)
    }
  })

  it('of a container say the platform, the role and the stack', async () => {
    const { containers, config } = await severalOfEach()
    for (const { name, inputs } of containers) {
      expect(labelsOf(inputs)).to.deep.equal({
        ...platformLabel,
        'av-telemetry.role': name === 'secrets' ? 'provision' : name.replace(/-\d+$/, ''),
        'av-telemetry.stack': stack,
        ...(name === 'provision-0' && { 'av-telemetry.config': JSON.stringify(config) }),
      })
    }
  })

  it('are in an order that does not change', async () => {
    const { container } = await oneOfEach()
    expect(container('provision-0').inputs.labels?.map(({ label }) => label)).to.deep.equal([
      'av-telemetry.config',
      'av-telemetry.platform',
      'av-telemetry.role',
      'av-telemetry.stack',
    ])
  })
})

describe('network', () => {
  it('is a bridge', async () => {
    const [network] = ofKind(await oneOfEach(), 'Network')
    expect(network?.inputs['driver']).to.equal('bridge')
  })

  it('goes after the vehicles on it, which Pulumi does not know', async () => {
    const [vehicles] = ofKind(await oneOfEach(), 'Command')
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

describe('volumes', () => {
  for (const keepData of [true, false]) {
    it(`${keepData ? 'stay' : 'go'} with the platform where postgres.keepData is ${keepData}`, async () => {
      const tree = { postgres: { keepData }, ingress: { addressFile: '', tokenFile: 'token' } }
      const volumes = ofKind(await drawPlatform(tree, { token: 'a token' }), 'Volume')
      expect(volumes.length).to.equal(8)
      for (const { options, inputs } of volumes) {
        expect(options.retainOnDelete).to.equal(keepData)
        expect(inputs['driver']).to.equal('local')
      }
    })
  }

  it('of servers are theirs alone, where their image keeps its data', async () => {
    const { containers } = await severalOfEach()
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

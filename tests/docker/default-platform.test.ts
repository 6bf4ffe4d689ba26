import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { removeImages } from '../../infra/docker/images/built-images.ts'
import { imageName } from '../../infra/docker/images/dockerfiles.ts'
import { labels } from '../../infra/docker/names.ts'
import { secretNames } from '../../infra/topology/placement.ts'
import { readingJson } from '../support/http-client.ts'
import { until } from '../support/until.ts'
import { runProgram } from './base-images/run-program.ts'
import { expectConfined, expectPublishedPorts } from './confinement.ts'
import { expectAllStored, expectFlow } from './expectations.ts'
import { crash, restart, untilHealthy } from './faults.ts'
import { keyOf, Load } from './load.ts'
import './engine-hooks.ts'
import { passwordsOf } from './passwords.ts'
import type { Outputs } from './stack.ts'
import { stackKinds } from './stack-kinds.ts'
import { TestPlatform } from './test-platform.ts'

const services = [
  'zookeeper-0',
  'kafka-0',
  'postgres-0',
  'consumer-0',
  'worker-0',
  'producer-0',
  'ingress-0',
  'dashboard-0',
]
const oneShots = ['secrets', 'provision-0']

for (const kind of stackKinds()) {
  describe(`default platform, by ${kind.title}`, function () {
    this.timeout(900_000)
    let platform: TestPlatform
    let outputs: Outputs

    before(async () => {
      platform = await TestPlatform.create(kind)
      outputs = await platform.up()
    })

    after(async () => {
      await platform[Symbol.asyncDispose]()
    })

    const startTimes = async (names: readonly string[]) =>
      (await platform.inspectAll(names)).map(({ Id, State: state }) => [Id, state.StartedAt])

    it('accepts readings when up returns, and stores a reading', async () => {
      expect((await fetch(outputs.events)).status).to.equal(200)
      const reading = { ...readingJson('FIRST'), sequence: 0 }
      const request = { method: 'POST', body: JSON.stringify(reading) }
      const headers = { 'content-type': 'application/json' }
      expect((await fetch(outputs.events, { ...request, headers })).status).to.equal(202)
      for (const keys of [platform.account.sent, platform.account.acknowledged]) {
        keys.add(keyOf(reading))
      }
      const isRow = async () => (await platform.sql('select vin from diag')).length === 1
      await until('the reading is stored', isRow)
    })

    it('outputs its addresses and its guarantee', async () => {
      const { hostPort, addressFile } = platform.config.ingress
      expect(outputs.events).to.equal(`http://localhost:${hostPort}/events`)
      expect(readFileSync(addressFile, 'utf8')).to.equal(`${outputs.events}\n`)
      expect((await fetch(outputs.networkAddress)).status).to.equal(200)
      const postgres = platform.containerName('postgres-0')
      expect(outputs.psql).to.equal(`docker exec -it ${postgres} psql -U av_telemetry av_telemetry`)
      expect(outputs.guarantee.slice(0, 3)).to.deep.equal([
        'Acknowledged means stored, exactly once: every reading that is answered with 202 becomes one row, or one dead letter with the reason.',
        'It survives the crash of any process of the platform.',
        'Each record is on one broker. While that broker is down, readings are refused with 503 and must be sent again.',
      ])
    })

    it('has exactly the expected containers and volumes, and one network', async () => {
      expect(await platform.names('container')).to.deep.equal([...services, ...oneShots].sort())
      const secrets = secretNames.map((name) => `secret-${name}`).sort()
      const volumes = ['kafka-0', 'postgres-0', 'roads', ...secrets, 'zookeeper-0']
      expect(await platform.names('volume')).to.deep.equal(volumes)
      expect(await platform.names('network')).to.deep.equal([platform.name])
      expect(await platform.anonymousVolumes()).to.deep.equal([])
    })

    it('closes the files of Kafka and ZooKeeper to other users', async () => {
      for (const [service, folder] of [
        ['kafka-0', '/var/lib/kafka/data'],
        ['zookeeper-0', '/data'],
      ] as const) {
        const open = ['find', folder, '-perm', '/077']
        expect(
          await runProgram('docker', ['exec', platform.containerName(service), ...open]),
        ).to.equal('')
      }
    })

    it('gives each container only the privileges that it needs', async () => {
      for (const info of await platform.inspectAll(services)) expectConfined(info, 'service')
      const [secrets, provision] = await platform.inspectAll(oneShots)
      if (secrets) expectConfined(secrets, 'writer of secrets')
      if (provision) expectConfined(provision, 'one-shot')
    })

    it('shows no password in environments, command lines, labels or logs', async () => {
      const passwords = await passwordsOf(platform)
      expect(passwords.map(({ length }) => length)).to.deep.equal(
        Array.from({ length: 7 }, () => 32),
      )
      for (const name of [...services, ...oneShots]) {
        const text = JSON.stringify(await platform.inspect(name)) + (await platform.log(name))
        for (const password of passwords) expect(text.includes(password), name).to.equal(false)
      }
    })

    it('keeps no password in the container that wrote the secrets', async () => {
      const patterns = (await passwordsOf(platform)).map((password) => `-e ${password}`)
      const count = `grep --text --count --fixed-strings ${patterns.join(' ')} || true`
      const files = `docker export ${platform.containerName('secrets')}`
      expect(await runProgram('sh', ['-c', `${files} | ${count}`])).to.equal('0')
    })

    it('publishes all ports on loopback except the ingress', async () => {
      await expectPublishedPorts(platform, [...services, ...oneShots])
    })

    it('has no changes when the configuration is unchanged', async () => {
      const before = await startTimes([...services, ...oneShots])
      expect(await platform.preview()).to.equal('no changes')
      expect(await platform.up()).to.deep.equal(outputs)
      expect(await startTimes([...services, ...oneShots])).to.deep.equal(before)
    })

    it('refuses a new name, because it would remove the volumes', async () => {
      const refused = platform.preview('network.name=another')
      const error: unknown = await refused.catch((reason: unknown) => reason)
      expect((error as Error).message).to.match(
        /The stack .+ has the platform avt-test-\w+, but network\.name is another\. A new name would delete its readings\. Set the name back, /,
      )
    })

    it('loses no readings when containers restart, one by one and all together', async () => {
      await using load = new Load(platform)
      for (const name of [...services, ...oneShots]) {
        await restart(platform, [name])
        await expectFlow(platform)
      }
      await restart(platform, services)
      await expectFlow(platform)
      for (const name of services) await untilHealthy(platform, name)
      await expectAllStored(platform, load)
    })

    it('loses no readings when main processes are killed and the engine restarts them', async () => {
      await using load = new Load(platform)
      for (const name of services) {
        await crash(platform, name)
        await expectFlow(platform)
      }
      for (const name of services) await untilHealthy(platform, name)
      await expectAllStored(platform, load)
    })

    it('replaces several producers without a refused request', async () => {
      await platform.up('producer.instances=2')
      const before = await startTimes(['producer-0', 'producer-1'])
      await using load = new Load(platform)
      await expectFlow(platform)
      await platform.up('producer.maxLag=9000000')
      expect(await startTimes(['producer-0', 'producer-1'])).to.not.deep.equal(before)
      await expectFlow(platform)
      await expectAllStored(platform, load)
      expect([...load.refusals]).to.deep.equal([])
      await platform.up('producer.instances=1')
    })

    it('adds and removes producers without a failed request', async () => {
      const ingress = await startTimes(['ingress-0'])
      await using load = new Load(platform)
      expect(await platform.up('producer.instances=3')).to.deep.equal(outputs)
      for (const instance of [0, 1, 2]) {
        await until(`producer-${instance} is used`, async () => {
          return (await platform.acceptedBy(instance)) > 0
        })
      }
      await platform.up('producer.instances=1')
      expect(await platform.names('container')).to.deep.equal([...services, ...oneShots].sort())
      await expectFlow(platform)
      await expectAllStored(platform, load)
      expect(await startTimes(['ingress-0'])).to.deep.equal(ingress)
    })

    it('uses new partitions when the topic gets more', async () => {
      await using load = new Load(platform)
      await platform.up('kafka.partitions=12')
      await until('all partitions are used', async () => {
        const ledgers = await platform.sql(
          'select partition from partition_ledger where stored > 0',
        )
        return ledgers.length === 12
      })
      await expectAllStored(platform, load)
    })

    it('leaves nothing after destroy', async () => {
      await platform.stack.destroy()
      expect(await platform.remains()).to.deep.equal([])
    })

    it('leaves no image after its images were removed, also none that has lost its name', async () => {
      const label = `label=${labels.image}=${platform.name}`
      const imageIds = () => runProgram('docker', ['images', '--quiet', '--filter', label])
      expect(await imageIds()).to.not.equal('')
      const { images } = platform.config
      await runProgram('docker', ['tag', images.node, imageName(platform.config, 'producer')])
      await removeImages(platform.config)
      expect(await imageIds()).to.equal('')
    })
  })
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { scratchPorts } from '../../scripts/ports/scratch-ports.ts'
import { Resources } from '../../services/runtime/resources.ts'
import { kafkaSection } from '../support/managed-servers/external-sections.ts'
import { ManagedKafka } from '../support/managed-servers/managed-kafka.ts'
import { neededAcls } from '../support/managed-servers/needed-acls.ts'
import type { RunningCommand } from '../support/started-platform.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { sendTraffic } from '../support/traffic.ts'
import { until } from '../support/until.ts'

const runs = 'The platform is running.'

type Status = {
  readonly isInOrder: boolean
  readonly services: readonly { readonly name: string }[]
  readonly pipelines: readonly { readonly total: { readonly inFlight: number } }[]
  readonly guarantee: readonly string[]
}

describe('npm start with an existing Kafka', function () {
  this.timeout(480_000)
  const folder = new TemporaryFolder()
  const resources = new Resources()
  let home: PlatformHome
  let kafka: ManagedKafka
  let external: string

  before(async () => {
    kafka = resources.use((await ManagedKafka.start('3')) as ManagedKafka)
    home = resources.use(await PlatformHome.create(['fleet.numVehicles=0']))
    await kafka.grant(...neededAcls(home.config.kafka.topic))
    const authorityFile = join(folder.path, 'ca.pem')
    writeFileSync(authorityFile, kafka.authority)
    const section = { ...kafkaSection(kafka, folder.path), tls: { authorityFile } }
    external = `kafka.external=${JSON.stringify(section)}`
  })

  after(async () => {
    await resources[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  afterEach(() => home.stopCommands())

  const url = (): string => `http://127.0.0.1:${home.config.ingress.hostPort}`

  async function statusOf(): Promise<Status> {
    const command = home.command('status', '--', '--json')
    await command.waitForExit(120)
    return JSON.parse(command.stdout) as Status
  }

  async function stop(platform: RunningCommand): Promise<void> {
    platform.pressCtrlC()
    expect(await platform.waitForExit(60), platform.output).to.equal(0)
  }

  const untilAccepted = (traffic: { acknowledged: () => number }, more = 500) => {
    const before = traffic.acknowledged()
    return until('readings are accepted', () => traffic.acknowledged() > before + more)
  }

  it('continues on it after a move from our own Kafka under load: each acknowledged reading is a row, once', async () => {
    await using traffic = sendTraffic({ url: url() }, 'MOVED')
    const own = home.start()
    await own.waitForOutput(runs)
    await untilAccepted(traffic)
    await stop(own)

    const refused = home.start('--set', external)
    expect(await refused.waitForExit(120)).to.equal(1)
    expect(refused.output).to.include('kafka.external.ignoreOwnData')

    // At another port no vehicle reaches the ingress, so that the consumers store what is left.
    const ports = await scratchPorts(1, ['ingress.hostPort'])
    const draining = home.start(...ports.flatMap((port) => ['--set', port]))
    await draining.waitForOutput(runs)
    const isDrained = async () =>
      (await statusOf()).pipelines.every(({ total }) => total.inFlight === 0)
    await until('all is stored', isDrained, 120)
    await stop(draining)

    const moved = ['--set', external, '--set', 'kafka.external.ignoreOwnData=true']
    const platform = home.start(...moved)
    await platform.waitForOutput(runs)
    await untilAccepted(traffic)
    expect(platform.output).to.include('the Kafka cluster has changed')
    const { acknowledged } = await traffic.stop()
    await until('all are rows', async () => (await home.countRows()) >= acknowledged, 120)
    const { isInOrder, services, guarantee } = await statusOf()
    expect(isInOrder).to.equal(true)
    expect(services.map(({ name }) => name).join(' ')).to.not.match(/kafka|zookeeper/)
    expect(guarantee.join('\n')).to.match(/Kafka does not tell whether its brokers share a machine/)
    await stop(platform)
  })
})

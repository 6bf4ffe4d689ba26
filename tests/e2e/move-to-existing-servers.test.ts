import { expect } from 'chai'
import { scratchPorts } from '../../scripts/ports/scratch-ports.ts'
import { localPassword } from '../../scripts/platform/database.ts'
import {
  canCopyRows,
  copyRows,
  makeRolesToMove,
  movedSection,
  noPgDump,
} from '../support/managed-servers/copy-rows.ts'
import { kafkaSection } from '../support/managed-servers/external-sections.ts'
import { ManagedKafka } from '../support/managed-servers/managed-kafka.ts'
import { ManagedPostgres } from '../support/managed-servers/managed-postgres.ts'
import { neededAcls } from '../support/managed-servers/needed-acls.ts'
import type { RunningCommand } from '../support/started-platform.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { readingsPerPost, sendTraffic } from '../support/traffic.ts'
import { until } from '../support/until.ts'

const runs = 'The platform is running.'

describe('npm start that moves to an existing Postgres and then to an existing Kafka', function () {
  this.timeout(600_000)

  it('keeps each acknowledged reading as one row, under load, with both documented moves', async function () {
    if (!canCopyRows()) {
      this.test!.title += noPgDump
      this.skip()
    }
    using folder = new TemporaryFolder()
    await using kafka = (await ManagedKafka.start('3')) as ManagedKafka
    await using postgres = await ManagedPostgres.start()
    await using home = await PlatformHome.create(['fleet.numVehicles=0'])
    await kafka.grant(...neededAcls(home.config.kafka.topic))
    const url = `http://127.0.0.1:${home.config.ingress.hostPort}`
    await using traffic = sendTraffic({ url }, 'MOVED')
    const untilAccepted = () => {
      const before = traffic.acknowledged()
      return until('readings are accepted', () => traffic.acknowledged() > before + 500)
    }
    const start = async (...settings: readonly string[]): Promise<RunningCommand> => {
      const platform = home.start(...settings.flatMap((setting) => ['--set', setting]))
      await platform.waitForOutput(runs)
      return platform
    }
    const stop = async (platform: RunningCommand): Promise<void> => {
      platform.pressCtrlC()
      expect(await platform.waitForExit(60), platform.output).to.equal(0)
    }

    const own = await start()
    await untilAccepted()
    const password = await makeRolesToMove(postgres)
    const { hostPort, database } = home.config.postgres
    const from = { hostPort, database, password: localPassword(home.folders) }
    copyRows(from, { postgres, password, folder: folder.path })
    await untilAccepted()
    await stop(own)

    const externalPostgres = `postgres.external=${JSON.stringify(movedSection(postgres, folder.path, password))}`
    const onPostgres = await start(externalPostgres)
    await untilAccepted()
    await stop(onPostgres)

    // At another port no vehicle reaches the ingress, so that the consumers store what is left.
    const ports = await scratchPorts(1, ['ingress.hostPort'])
    const draining = await start(externalPostgres, ...ports)
    await until('all is stored', async () => (await statusOf(home)).inFlight === 0, 120)
    await stop(draining)

    const externalKafka = { ...kafkaSection(kafka, folder.path), ignoreOwnData: true }
    const onBoth = await start(externalPostgres, `kafka.external=${JSON.stringify(externalKafka)}`)
    await untilAccepted()
    const { acknowledgedPosts } = await traffic.stop()
    const rowsOfPosts = async () => {
      const rows = await postgres.asAdministrator(
        `SELECT regexp_replace(vin, '-[0-9]+$', '') AS post, count(*)::int AS count FROM diag GROUP BY 1`,
      )
      return new Map(rows.map(({ post, count }) => [post, count]))
    }
    const areStored = async () => {
      const rows = await rowsOfPosts()
      return acknowledgedPosts.every((post) => (rows.get(post) ?? 0) === readingsPerPost)
    }
    await until('each acknowledged reading is one row', areStored, 120)
    const { isInOrder, services } = await statusOf(home)
    expect(isInOrder).to.equal(true)
    expect(services.join(' ')).to.not.match(/kafka|zookeeper|postgres/)
    await stop(onBoth)
  })
})

/** What `npm run status` says. `inFlight`: the records that are not stored yet. */
async function statusOf(home: PlatformHome) {
  const command = home.command('status', '--', '--json')
  await command.waitForExit(120)
  const { isInOrder, services, pipelines } = JSON.parse(command.stdout) as {
    readonly isInOrder: boolean
    readonly services: readonly { readonly name: string }[]
    readonly pipelines: readonly { readonly total: { readonly inFlight: number } }[]
  }
  const inFlight = pipelines.reduce((sum, { total }) => sum + total.inFlight, 0)
  return { isInOrder, services: services.map(({ name }) => name), inFlight }
}

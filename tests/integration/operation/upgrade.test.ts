import { expect } from 'chai'
import { bundleOf } from '../../../infra/bundle/bundles.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import type { Topology } from '../../../infra/topology/topology.ts'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { readMigrations } from '../../../services/adapters/postgres/sql-file.ts'
import { CountedTraffic } from '../../support/counted-traffic.ts'
import { receiptStatus } from '../../support/http-client.ts'
import { samplesOf } from '../../support/metrics.ts'
import { PreviousVersion } from '../../support/previous-version.ts'
import type { Servers } from '../../support/servers.ts'
import { envOf, startServers } from '../../support/servers.ts'
import { withOpenListener } from '../../support/servers-without-logins.ts'
import { ServiceProcess } from '../../support/service-process.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const partitions = 6
const everyPartition = Array.from({ length: partitions }, (_, partition) => partition)
const settings = [`kafka.partitions=${partitions}`, 'consumer.instances=2', 'producer.instances=2']

/** Steps of one upgrade. Each test continues from the state of the previous one. */
describe('an upgrade while readings are posted', function () {
  this.timeout(180_000)
  let previous: PreviousVersion
  let servers: Servers
  let openPort: number
  let tenant: Tenant
  let traffic: CountedTraffic
  let oldConsumer: ServiceProcess
  let newConsumer: ServiceProcess
  const processes: ServiceProcess[] = []

  before(async function () {
    const reason = PreviousVersion.unavailableReason()
    if (reason !== undefined) {
      process.stderr.write(`The upgrade is not tested. ${reason}\n`)
      this.skip()
    }
    openPort = await freeRun(1)
    const topology = (planned: Topology) => withOpenListener(planned, openPort)
    servers = await startServers([], { topology })
    previous = await PreviousVersion.build()
    tenant = await Tenant.create(servers, settings, { provision: false })
    traffic = new CountedTraffic(tenant)
  })

  afterEach(function () {
    if (this.currentTest?.state !== 'failed') return
    for (const { name, lines } of processes) {
      for (const line of lines.slice(-30))
        process.stdout.write(`${name}: ${JSON.stringify(line)}\n`)
    }
  })

  after(async () => {
    await (traffic as CountedTraffic | undefined)?.stop()
    for (const each of processes) await each[Symbol.asyncDispose]()
    await (tenant as Tenant | undefined)?.[Symbol.asyncDispose]()
    ;(previous as PreviousVersion | undefined)?.[Symbol.dispose]()
    await (servers as Servers | undefined)?.[Symbol.asyncDispose]()
  })

  function addStarted(started: ServiceProcess): ServiceProcess {
    processes.push(started)
    return started
  }

  function startPrevious(role: 'provision' | 'producer' | 'consumer'): ServiceProcess {
    const brokers = `127.0.0.1:${openPort}`
    return addStarted(previous.start(role, 0, { ...tenant.deployment, brokers }))
  }

  function startThis(role: Role, instance: number): ServiceProcess {
    const name = `${role}-${instance}`
    const bundle = bundleOf(role, tenant.deployment.folders.bundles)
    return addStarted(new ServiceProcess(name, bundle, envOf(tenant.deployment, name)))
  }

  /**
   * Offsets that a consumer has settled with this outcome since its start, summed over other
   * labels.
   */
  async function settledBy(instance: number, outcome: string): Promise<number> {
    const samples = await samplesOf(tenant.config.consumer.opsHostPort + instance)
    return [...samples]
      .filter(([name]) => name.startsWith('telemetry_offsets_settled_total{'))
      .filter(([name]) => name.includes(`outcome="${outcome}"`))
      .reduce((sum, [, value]) => sum + value, 0)
  }

  /**
   * Waits until each consumer has settled more than before `post`. Resolves to the result of `post`.
   */
  async function settleMore<T>(
    instances: readonly number[],
    outcome: string,
    post: () => Promise<T> | undefined = () => undefined,
  ): Promise<T | undefined> {
    const settled = (instance: number) => settledBy(instance, outcome).catch(() => 0)
    const before = await Promise.all(instances.map(settled))
    const posted = await post()
    for (const [index, instance] of instances.entries()) {
      const least = before[index] ?? 0
      const hasMore = async () => (await settledBy(instance, outcome)) > least
      await until(`consumer ${instance} settles ${outcome}`, hasMore)
    }
    return posted
  }

  async function answers(port: number): Promise<void> {
    const isAnswering = async () => (await fetch(`http://127.0.0.1:${port}/events`)).status === 200
    await until('the producer reaches Kafka', isAnswering)
  }

  async function appliedMigrations(): Promise<string[]> {
    const rows = await tenant.sql<{ name: string }>(
      'select name from schema_migration order by number',
    )
    return rows.map(({ name }) => name)
  }

  it('starts with the previous version, which stores the posted readings', async () => {
    expect(await startPrevious('provision').waitForExit()).to.equal(0)
    startPrevious('producer')
    oldConsumer = startPrevious('consumer')
    await answers(tenant.config.producer.hostPort)
    traffic.start()
    await settleMore([0], 'stored')
    expect(partitionsOf(oldConsumer)).to.deep.equal(everyPartition)
  })

  it('migrates the database while the consumer of the previous version runs', async () => {
    const acknowledged = traffic.receipts.size
    const provisioning = startThis('provision', 0)
    expect(await provisioning.waitForExit()).to.equal(0)
    expect(provisioning.events('provisioned')).to.have.length(1)
    const { table } = tenant.config.postgres
    expect(await appliedMigrations()).to.deep.equal(readMigrations(table).map(({ name }) => name))
    expect(traffic.receipts.size).to.be.above(acknowledged)
    expect(oldConsumer.isRunning).to.equal(true)
    await settleMore([0], 'stored')
    await settleMore([0], 'duplicate', () => traffic.postDuplicates())
  })

  it('lets consumers of both versions share the partitions and settle records', async () => {
    newConsumer = startThis('consumer', 1)
    const [old, fresh] = await until('both consumers have partitions', () => {
      const shares = [partitionsOf(oldConsumer), partitionsOf(newConsumer)]
      return shares.flat().length === partitions && !shares.some(isEmpty) && shares
    })
    expect([...(old ?? []), ...(fresh ?? [])].sort()).to.deep.equal(everyPartition)
    await settleMore([0, 1], 'stored')
    const duplicates = await settleMore([0, 1], 'duplicate', () => traffic.postDuplicates())
    const conflicts = await settleMore([0, 1], 'dead-lettered', () => traffic.postConflicts())
    for (const receipts of [duplicates, conflicts]) {
      const met = new Set(receipts?.map((receipt) => Number(receipt.split('-')[1])))
      const isMet = (partition: number): boolean => met.has(partition)
      expect([old?.some(isMet), fresh?.some(isMet)]).to.deep.equal([true, true])
    }
    expect([oldConsumer.isRunning, newConsumer.isRunning]).to.deep.equal([true, true])
  })

  it('gives every partition to the new consumer when the old one stops', async () => {
    expect(await oldConsumer.stop()).to.equal(0)
    await until(
      'the new consumer has every partition',
      () => partitionsOf(newConsumer).length === partitions,
    )
    await settleMore([1], 'stored')
    await traffic.postDuplicates()
    await traffic.postConflicts()
    await traffic.stop()
    startThis('producer', 1)
    const port = tenant.config.producer.hostPort + 1
    await answers(port)
    await traffic.postNew(200, { url: `http://127.0.0.1:${port}` })
  })

  it('keeps every acknowledged reading as exactly one row, and the account balanced', async () => {
    const { duplicates, conflicts } = traffic.reposted
    const [duplicate, deadLettered] = [duplicates.length, conflicts.length]
    const stored = traffic.receipts.size
    const all = stored + duplicate + deadLettered
    const account = await until(
      () => `${all} are settled`,
      async () => {
        const found = await tenant.account()
        return found.settled >= all && found
      },
    )
    expect(traffic.refused).to.equal(0)
    const nothing = { expired: 0, withoutRecord: 0 }
    expect(account).to.include({ settled: all, stored, duplicate, deadLettered, ...nothing })
    const rows = await tenant.sql<{ key: string }>(`select vin || ' ' || sequence as key from diag`)
    expect(rows.map(({ key }) => key).sort()).to.deep.equal([...traffic.receipts.keys()].sort())
    const letters = await tenant.sql<{ code: string }>('select code from dead_letter')
    expect(letters.map(({ code }) => code)).to.deep.equal(
      Array<string>(deadLettered).fill('key-conflict'),
    )
  })

  it('returns the status of receipts of both versions from producers of both versions', async () => {
    const { duplicates, conflicts } = traffic.reposted
    const stored = [...traffic.receipts.values()]
    const { hostPort } = tenant.config.producer
    for (const port of [hostPort, hostPort + 1]) {
      const target = { url: `http://127.0.0.1:${port}` }
      const statuses = async (receipts: readonly string[]) => {
        const samples = [receipts.at(0), receipts.at(-1)]
        return Promise.all(samples.map((receipt) => receiptStatus(target, receipt)))
      }
      expect(await statuses(stored)).to.deep.equal(['stored', 'stored'])
      expect(await statuses(duplicates)).to.deep.equal(['duplicate', 'duplicate'])
      expect(await statuses(conflicts)).to.deep.equal(['dead-lettered', 'dead-lettered'])
    }
  })
})

/** The partitions that the group assigned to a consumer last. */
function partitionsOf(consumer: ServiceProcess): readonly number[] {
  const given = consumer.events('group-joined').at(-1)?.['partitions'] ?? []
  return [...(given as number[])].sort()
}

const isEmpty = (list: readonly unknown[]): boolean => list.length === 0

import { expect } from 'chai'
import { bundleOf } from '../../../infra/bundle/bundles.ts'
import { processOf, sharedServers, startServers, envOf } from '../../support/servers.ts'
import type { Servers } from '../../support/servers.ts'
import { ServiceProcess } from '../../support/service-process.ts'
import { SilentAddress } from '../../support/silent-address.ts'
import { Tenant } from '../../support/tenant.ts'
import { runTogether } from '../../support/together.ts'
import { until } from '../../support/until.ts'

const roles = ['producer', 'consumer', 'dashboard'] as const
type ServiceRole = (typeof roles)[number]
/** Resources of Node.js that belong to connections. */
const connections = ['ConnectWrap', 'TCPSocketWrap']

/** Starts a service that logs what its Kafka clients log. */
function start(tenant: Tenant, role: ServiceRole, brokers?: string): ServiceProcess {
  const { folders } = tenant.deployment
  const env = envOf(tenant.deployment, `${role}-0`)
  return new ServiceProcess(role, bundleOf(role, folders.bundles), {
    ...env,
    LOG_LEVEL: 'debug',
    ...(brokers !== undefined && { KAFKA_BROKERS: brokers }),
  })
}

/** Sends SIGTERM. Expects that the service closes everything within its grace, connections included. */
async function expectOrderlyStop(service: ServiceProcess): Promise<void> {
  expect(await service.stop(), service.name).to.equal(0)
  expect(service.events('service-did-not-end')).to.deep.equal([])
  const left = service.events('exited-with-leftovers').flatMap(({ resources }) => resources)
  for (const name of connections) expect(left, service.name).to.not.include(name)
}

const kafkaLines = (service: ServiceProcess, text: string) =>
  service.events('kafka-client').filter(({ message }) => String(message).includes(text))

describe('a service with a broker whose address is gone', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let gone: SilentAddress

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    gone = await SilentAddress.open()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    await gone[Symbol.asyncDispose]()
  })

  async function expectStopAfterTimeouts(role: ServiceRole): Promise<void> {
    const { hostPort } = tenant.config.kafka
    await using service = start(tenant, role, `${gone.address},127.0.0.1:${hostPort}`)
    await until('the service runs', () => service.events('service-started').length > 0, 60)
    const hasTimedOut = () => kafkaLines(service, 'Connection timeout').length > 0
    await until('a connect has timed out', hasTimedOut, 60)
    await expectOrderlyStop(service)
  }

  async function expectStopDuringStart(role: ServiceRole): Promise<void> {
    await using service = start(tenant, role, gone.address)
    const hasTimedOut = () => kafkaLines(service, 'Connection timeout').length > 1
    await until('two connects have timed out', hasTimedOut, 60)
    await expectOrderlyStop(service)
  }

  const forEachRole = (test: (role: ServiceRole) => Promise<void>) =>
    Object.fromEntries(roles.map((role) => [`(${role})`, () => test(role)]))

  describe('stops without waiting for the connects that timed out', () => {
    runTogether(forEachRole(expectStopAfterTimeouts))
  })

  describe('stops while it starts and no broker answers', () => {
    runTogether(forEachRole(expectStopDuringStart))
  })
})

describe('a service whose broker no longer answers', function () {
  this.timeout(180_000)
  let servers: Servers
  let tenant: Tenant

  before(async () => {
    servers = await startServers()
    tenant = await Tenant.create(servers)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    await servers[Symbol.asyncDispose]()
  })

  it('stops without waiting for the responses', async () => {
    await using services = new AsyncDisposableServices(roles.map((role) => start(tenant, role)))
    for (const service of services.all) {
      await until(
        `the ${service.name} runs`,
        () => service.events('service-started').length > 0,
        60,
      )
    }
    await until('the groups are joined', () => {
      return services.all.every(
        (service) => service.name === 'producer' || service.events('group-joined').length > 0,
      )
    })
    const broker = processOf(servers, 'kafka-0').identity?.pid ?? 0
    process.kill(broker, 'SIGSTOP')
    try {
      const producer = services.all.find(({ name }) => name === 'producer')
      const isNoticed = () => (producer?.events('topic-not-seen').length ?? 0) > 0
      await until('the producer gets no response', isNoticed, 60)
      await Promise.all(services.all.map(expectOrderlyStop))
    } finally {
      process.kill(broker, 'SIGCONT')
    }
  })
})

/** Services that are killed together. */
class AsyncDisposableServices implements AsyncDisposable {
  readonly all: readonly ServiceProcess[]

  constructor(all: readonly ServiceProcess[]) {
    this.all = all
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.all) await service[Symbol.asyncDispose]()
  }
}

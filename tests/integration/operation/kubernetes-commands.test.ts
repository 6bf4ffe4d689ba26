import { delimiter } from 'node:path'
import { expect } from 'chai'
import { localPassword } from '../../../scripts/platform/database.ts'
import { runCommand } from '../../support/commands.ts'
import { FakeKubectl } from '../../support/fake-kubectl.ts'
import { manyReadings, postJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { untilCount } from '../../support/until.ts'
import { aPod, recordOf, secretOf } from '../../unit/scripts/kubernetes/a-cluster.ts'

/** The servers of the tests stand for pods: `kubectl port-forward` leads to them. */
describe('commands on a platform on Kubernetes', function () {
  this.timeout(90_000)
  let tenant: Tenant
  let kubectl: FakeKubectl

  before(async () => {
    tenant = await Tenant.create(await sharedServers(), ['kafka.partitions=2'])
    await tenant.startProducer()
    await tenant.startConsumer()
    expect((await postJson(tenant, manyReadings(300, 'CLUSTER'))).status).to.equal(202)
    await untilCount('stored readings', () => tenant.countRows(), 300)
    const { config, deployment } = tenant
    kubectl = new FakeKubectl()
    kubectl.answer({ to: 'get configmap ', out: JSON.stringify(recordOf(config)) })
    for (const name of ['owner', 'kafka'] as const) {
      const out = secretOf(localPassword(deployment.folders, name))
      kubectl.answer({ to: `get secret secret-${name} `, out })
    }
    kubectl.list('pods', [
      aPod('postgres-0-0', 'postgres', { instance: 'postgres-0', restarts: 2 }),
    ])
    const vehicles = { items: [aPod('vehicle-7-0', 'fleet')] }
    kubectl.answer({ to: 'app.kubernetes.io/name=fleet', out: JSON.stringify(vehicles) })
    kubectl.reach({ 5432: config.postgres.hostPort, 9092: config.kafka.hostPort })
  })

  after(async () => {
    kubectl[Symbol.dispose]()
    await tenant[Symbol.asyncDispose]()
  })

  const run = (...args: readonly string[]) =>
    runCommand(tenant, args, { PATH: [kubectl.folder, process.env['PATH']].join(delimiter) })

  it('sql reads the rows through a forwarded port, with the password of the Secret', async () => {
    const { out, code } = await run('sql', '--target', 'kubernetes', 'select count(*) from diag')
    expect(out).to.match(/^count\n-+\n300 *\n\(1 row\)\n$/)
    expect(code).to.equal(0)
  })

  it('status shows services with pods and restarts, vehicles, and that the account balances', async () => {
    const { out, code } = await run('status', '--target', 'kubernetes')
    expect(out).to.match(
      /^http:\/\/ingress\.av-telemetry\.svc:5001\/events \(on Kubernetes, namespace av-telemetry, context test\)\n/,
    )
    expect(out).to.match(/\nservice +\| pod +\| state +\| restarts\n/)
    expect(out).to.match(/\npostgres-0 +\| postgres-0-0 +\| ready +\| 2 *\n/)
    expect(out).to.match(/\nkafka-0 +\| +\| down +\| 0 *\n/)
    expect(out).to.include('1 vehicle pods')
    expect(out).to.include('300 now + 0 deleted')
    expect(out).to.include('balanced')
    // The other services have no pods in this test.
    expect(code).to.equal(1)
  })

  it('status --json has the keys of the other targets, and the lag from the brokers', async () => {
    const { out } = await run('status', '--target', 'kubernetes', '--json')
    const { pipelines, services, ...rest } = JSON.parse(out) as {
      readonly pipelines: readonly { readonly total: object; readonly inFlightUnknown: unknown }[]
      readonly services: readonly { readonly name: string; readonly restarts: number }[]
    }
    expect(rest).to.deep.include({
      ...{ target: 'kubernetes', network: null, bucket: null },
      vehicleContainers: [{ name: 'vehicle-7-0', status: 'Up' }],
    })
    expect(services.find(({ name }) => name === 'postgres-0')?.restarts).to.equal(2)
    expect(pipelines[0]?.total).to.deep.include({ stored: 300, inFlight: 0 })
    expect(pipelines[0]?.inFlightUnknown).to.equal(null)
  })

  it('leaves no port forward behind', () => {
    const forwards = kubectl.calls().filter(({ args: [verb] }) => verb === 'port-forward')
    expect(forwards).to.have.length.above(2)
    expect(kubectl.runningForwards()).to.deep.equal([])
  })
})

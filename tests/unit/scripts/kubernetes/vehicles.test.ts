import { expect } from 'chai'
import { Pod } from 'kubernetes-models/v1'
import { parseFleetOptions } from '../../../../scripts/fleet/fleet-options.ts'
import { toConfig } from '../../../../infra/config/config.ts'
import type { WantedVehicles } from '../../../../scripts/targets/target.ts'
import { vehicles } from '../../../../scripts/targets/kubernetes/vehicles.ts'
import type { FakeKubectl } from '../../../support/fake-kubectl.ts'
import { until } from '../../../support/until.ts'
import { aCluster, aPod, vehicleImage } from './a-cluster.ts'

type VehiclePod = {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: {
    readonly restartPolicy: string
    readonly automountServiceAccountToken: boolean
    readonly nodeSelector: object
    readonly securityContext: Readonly<Record<string, unknown>>
    readonly volumes: readonly { readonly name: string; readonly secret?: object }[]
    readonly containers: readonly [
      {
        readonly image: string
        readonly args?: readonly string[]
        readonly env: readonly { readonly name: string; readonly value: string }[]
        readonly securityContext: object
        readonly volumeMounts: readonly { readonly name: string }[]
      },
    ]
  }
}

describe('vehicles on Kubernetes', () => {
  let kubectl: FakeKubectl

  beforeEach(() => {
    kubectl = aCluster({ ingress: { path: '/measurements' } })
    kubectl.list('pods', [])
    kubectl.answer({ to: 'get secrets ', out: 'secret/secret-gateway\nsecret/secret-owner\n' })
    kubectl.answer({ to: 'create ', out: '' }, { to: 'delete pods ', out: '' })
  })

  afterEach(() => {
    kubectl[Symbol.dispose]()
  })

  const wanted = (...args: readonly string[]): WantedVehicles => {
    const choice = parseFleetOptions([...args, '--seed', '7'])
    return {
      ...{ config: toConfig({}), choice, platform: undefined, seed: 7 },
      numVehicles: choice.numVehicles ?? 1,
      vehiclesPerContainer: choice.vehiclesPerContainer,
      ...{ host: choice.host, trace: choice.trace, caFile: choice.caFile },
      tokenFile: choice.tokenFile,
      token: () => Promise.resolve(undefined),
      verbose: choice.verbose,
    }
  }

  /** Starts them, and stops them when their pods are created. */
  async function drive(...args: readonly string[]): Promise<VehiclePod[]> {
    const stop = new AbortController()
    let created: readonly object[] | undefined
    const driving = vehicles.start(wanted(...args), stop.signal)
    await until('the pods are created', () => {
      created ??= kubectl.calls().find(({ args: [verb] }) => verb === 'create')?.input?.items
      return created !== undefined
    })
    stop.abort()
    expect(await driving).to.equal(0)
    return created as VehiclePod[]
  }

  it('are pods from the recorded image, one for each vehicle, that report to the ingress', async () => {
    const pods = await drive('--num-vehicles', '3')
    expect(pods.map(({ metadata }) => metadata.name)).to.deep.equal([
      ...['vehicle-7-0', 'vehicle-7-1', 'vehicle-7-2'],
    ])
    for (const [index, { spec }] of pods.entries()) {
      const [{ env, image, args }] = spec.containers
      const values = Object.fromEntries(env.map(({ name, value }) => [name, value]))
      expect(values).to.include({
        ...{ FLEET_SEED: '7', FLEET_FIRST_VEHICLE: String(index), FLEET_NUM_VEHICLES: '1' },
        ...{ FLEET_HOST: 'ingress:5001', FLEET_EVENTS_PATH: '/measurements' },
      })
      expect(image).to.equal(vehicleImage)
      expect(args).to.include('--jitless')
    }
  })

  it('are valid pods, confined like the services, with labels, and only with the token of vehicles', async () => {
    const [pod] = (await drive('--num-vehicles', '1')) as [VehiclePod]
    expect(() => {
      new Pod(pod as object).validate()
    }).to.not.throw()
    const { spec, metadata } = pod
    expect(metadata.labels).to.deep.equal({
      'app.kubernetes.io/part-of': 'av-telemetry',
      'app.kubernetes.io/name': 'fleet',
      'av-telemetry/seed': '7',
    })
    expect(spec.securityContext).to.include({ runAsNonRoot: true, runAsUser: 10_001 })
    expect(spec.automountServiceAccountToken).to.equal(false)
    expect(spec.nodeSelector).to.deep.equal({
      ...{ 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' },
    })
    const [container] = spec.containers
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const volumes = spec.volumes.map(({ name }) => name)
    expect(volumes.filter((name) => name.startsWith('secret-'))).to.deep.equal(['secret-gateway'])
    expect(container.volumeMounts.map(({ name }) => name).sort()).to.deep.equal(volumes.sort())
  })

  it('share pods with --vehicles-per-container', async () => {
    const pods = await drive('--num-vehicles', '5', '--vehicles-per-container', '2')
    const counts = pods.map(({ spec: { containers } }) =>
      containers[0].env.find(({ name }) => name === 'FLEET_NUM_VEHICLES'),
    )
    expect(counts.map((each) => each?.value)).to.deep.equal(['2', '2', '1'])
  })

  it('are deleted when the command is stopped', async () => {
    const stop = new AbortController()
    const driving = vehicles.start(wanted(), stop.signal)
    await until('the pods are created', () =>
      kubectl.changes().some((change) => change.startsWith('create ')),
    )
    const items = [aPod('vehicle-7-0', 'fleet')]
    kubectl.answer({ to: 'get pods ', out: JSON.stringify({ items }) })
    await until('the pods run', () => kubectl.calls().some(({ args }) => args[1] === 'pods'))
    // The pods are gone when they are asked for again.
    kubectl.list('pods', [])
    kubectl.answer({ to: 'get pods ', out: JSON.stringify({ items }), once: true })
    stop.abort()
    expect(await driving).to.equal(0)
    expect(kubectl.changes()).to.deep.equal([
      'delete pods --selector=app.kubernetes.io/part-of=av-telemetry,app.kubernetes.io/name=fleet,av-telemetry/seed=7 --wait=false',
    ])
  })

  it('of a seed that already drives are refused', async () => {
    kubectl.list('pods', [aPod('vehicle-7-0', 'fleet')])
    const { signal } = new AbortController()
    const error: unknown = await vehicles.start(wanted(), signal).catch((reason: unknown) => reason)
    expect(String(error)).to.match(/^UserError: Vehicles with seed 7 already exist\. Remove them/)
    expect(kubectl.changes()).to.deep.equal([])
  })

  for (const option of ['--trace', '--ca-file', '--token-file']) {
    it(`cannot use ${option}, because a pod has no files of this machine`, async () => {
      const { signal } = new AbortController()
      const order = wanted(option, 'file')
      expect(vehicles.takes(order)).to.equal(false)
      const error: unknown = await vehicles.start(order, signal).catch((reason: unknown) => reason)
      expect(String(error)).to.match(/^UserError: .* Give --in process as well/)
      expect(kubectl.calls()).to.deep.equal([])
    })
  }
})

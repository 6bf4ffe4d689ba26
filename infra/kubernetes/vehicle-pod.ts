import type { core } from '@pulumi/kubernetes/types/input.js'
import type { PlatformConfig } from '../config/config-schema.ts'
import { smallVehicleCommand, vehicleMegabytes } from '../containers/vehicle-container.ts'
import { vehiclesPlan } from '../topology/topology.ts'
import type { FleetShare } from '../topology/roles/fleet.ts'
import { roleLabels, secretObject } from './names.ts'
import { kubernetesPlacement } from './placement.ts'
import { dataVolume, podOf } from './resources/pod.ts'

/** The label of the pods with the vehicles of a seed. */
export const seedLabel = 'av-telemetry/seed'

/** The labels of all pods with vehicles. */
export const vehicleLabels = roleLabels('fleet')

export type VehiclePod = {
  readonly config: PlatformConfig
  readonly image: string
  /** The platform of the image, e.g. `linux/amd64`. */
  readonly platform: string
  readonly share: FleetShare
  /** The names of the secrets that the namespace has. */
  readonly secrets: readonly string[]
  readonly verbose: boolean
}

/** Requested for a pod. It uses more only while it has more to do. */
const request = { cpu: '10m', memory: '64Mi' }

/** A pod with simulated vehicles, confined like the services. Pulumi does not manage it. */
export function vehiclePod(wanted: VehiclePod): object {
  const { config, image, platform, share, secrets, verbose } = wanted
  const { seed, firstVehicle, numVehicles } = share
  const { namespace } = config.kubernetes
  const plan = vehiclesPlan(config, kubernetesPlacement(), share)
  const env = { ...plan.env, ...(verbose && { LOG_LEVEL: 'debug' }) }
  const { spec } = podOf(
    { ...plan, env },
    { context: { config, namespace, platform }, image, secrets: existing(secrets), files: [] },
  )
  const [container] = spec.containers as core.v1.Container[]
  const limits = { memory: `${vehicleMegabytes(numVehicles)}Mi` }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `vehicle-${seed}-${firstVehicle}`,
      namespace,
      labels: { ...vehicleLabels, [seedLabel]: String(seed) },
    },
    spec: {
      ...spec,
      restartPolicy: 'Always',
      containers: [
        {
          ...container,
          ...(numVehicles === 1 && { args: [...smallVehicleCommand] }),
          resources: { limits, requests: request },
        },
      ],
      // The journal of a vehicle is lost with its pod.
      volumes: [...(spec.volumes as core.v1.Volume[]), { name: dataVolume, emptyDir: {} }],
    },
  }
}

/** The secrets of a running platform. */
const existing = (names: readonly string[]) => ({
  has: (name: string) => names.includes(name),
  objectOf: secretObject,
  versionsFor: () => ({}),
})

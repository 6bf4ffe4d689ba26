import { toConfig } from '../../../../infra/config/config.ts'
import type { PlatformConfig } from '../../../../infra/config/config.ts'
import { FakeKubectl } from '../../../support/fake-kubectl.ts'

export const vehicleImage = 'registry.example/fleet/fleet@sha256:0'

/** The recorded configuration of a platform, as `kubectl get configmap` prints it. */
export const recordOf = (config: PlatformConfig, namespace = 'av-telemetry') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'platform', namespace },
  data: { config: JSON.stringify(config), vehicleImage, imagePlatform: 'linux/arm64' },
})

/** A cluster with a platform in the namespace of the default configuration. */
export function aCluster(tree: object = {}): FakeKubectl {
  const kubectl = new FakeKubectl()
  const config = toConfig(tree)
  kubectl.answer({ to: 'get configmap ', out: JSON.stringify(recordOf(config)) })
  return kubectl
}

export const secretOf = (text: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    data: { secret: Buffer.from(text).toString('base64') },
  })

type PodOptions = {
  readonly instance?: string
  readonly ready?: boolean
  readonly restarts?: number
  readonly created?: string
  readonly ends?: boolean
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly unschedulable?: string
}

/** A pod, as `kubectl get pods --output=json` lists it. */
export function aPod(name: string, role: string, options: PodOptions = {}) {
  const { instance, ready = true, ends = false } = options
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'av-telemetry',
      creationTimestamp: options.created ?? '2026-11-30T08:00:00Z',
      ...(ends && { deletionTimestamp: '2026-11-30T09:00:00Z' }),
      labels: {
        'app.kubernetes.io/part-of': 'av-telemetry',
        'app.kubernetes.io/name': role,
        ...(instance !== undefined && { 'app.kubernetes.io/instance': instance }),
      },
    },
    status: { phase: ready ? 'Running' : 'Pending', ...statusOf(role, ready, options) },
  }
}

function statusOf(name: string, ready: boolean, options: PodOptions) {
  const { restarts = 0, waiting, unschedulable } = options
  const isReady = {
    ...{ type: 'Ready', status: ready ? 'True' : 'False' },
    reason: 'ContainersNotReady',
  }
  const scheduled = { type: 'PodScheduled', status: 'True' }
  if (unschedulable !== undefined) {
    const reason = { reason: 'Unschedulable', message: unschedulable }
    return { conditions: [isReady, { ...scheduled, status: 'False', ...reason }] }
  }
  const state = waiting ? { waiting } : { running: {} }
  return {
    conditions: [isReady, scheduled],
    containerStatuses: [{ name, ready, restartCount: restarts, state }],
  }
}

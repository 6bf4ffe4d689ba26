import type { DeclaredObject } from './declared-platform.ts'

/** The fields of objects that the tests look at. */

type Container = {
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: object
  }[]
  readonly lifecycle?: object
  readonly securityContext: object
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
  readonly livenessProbe?: object
  readonly readinessProbe?: object
  readonly resources: { readonly limits: { readonly memory: string } }
}
export type PodSpec = {
  readonly containers: readonly [Container]
  readonly volumes: readonly { readonly name: string; readonly secret?: object }[]
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly affinity?: object
  readonly nodeSelector: object
  readonly shareProcessNamespace?: boolean
  readonly terminationGracePeriodSeconds: number
  readonly topologySpreadConstraints?: readonly object[]
  readonly automountServiceAccountToken: boolean
}
export type WithPods = DeclaredObject & {
  readonly spec: {
    readonly replicas?: number
    readonly strategy?: object
    readonly persistentVolumeClaimRetentionPolicy?: object
    readonly template: {
      readonly metadata: {
        readonly labels: Readonly<Record<string, string>>
        readonly annotations: Readonly<Record<string, string>>
      }
      readonly spec: PodSpec
    }
  }
}
export type Service = DeclaredObject & {
  readonly spec: {
    readonly type?: string
    readonly clusterIP?: string
    readonly publishNotReadyAddresses?: boolean
    readonly externalTrafficPolicy?: string
    readonly ports: readonly {
      readonly name: string
      readonly port: number
      readonly targetPort?: number
      readonly nodePort?: number
    }[]
  }
}
export type SecretObject = DeclaredObject & { readonly stringData: { readonly secret: string } }

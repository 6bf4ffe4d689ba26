type ContainerState = {
  readonly restartCount: number
  readonly ready: boolean
}

/** A pod, as far as the tests read it. */
export type Pod = {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly deletionTimestamp?: string
    readonly labels: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly automountServiceAccountToken?: boolean
    readonly hostNetwork?: boolean
    readonly securityContext: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number }
    readonly containers: readonly {
      readonly securityContext: Readonly<Record<string, unknown>>
      readonly resources: { readonly limits?: Readonly<Record<string, string>> }
      readonly env?: readonly { readonly name: string; readonly value?: string }[]
    }[]
  }
  readonly status: {
    readonly phase: string
    readonly containerStatuses?: readonly ContainerState[]
  }
}

export const roleOf = ({ metadata }: Pod): string => metadata.labels['app.kubernetes.io/name'] ?? ''

export const isReady = ({ status }: Pod): boolean =>
  (status.containerStatuses ?? []).some(({ ready }) => ready)

import type { Role } from '../topology/role-registry.ts'

/** The labels of the platform's objects (Kubernetes documentation, Recommended Labels). */
export const labels = {
  partOf: 'app.kubernetes.io/part-of',
  /** The role in the topology. */
  role: 'app.kubernetes.io/name',
  /** The name of an instance, such as `kafka-0`; only of servers with a volume. */
  instance: 'app.kubernetes.io/instance',
} as const

/** The Pulumi stack of a namespace, as an annotation: labels allow no `/` in their values. */
export const stackAnnotation = 'av-telemetry/stack'

/** On all objects of the platform. */
export const platformLabels = { [labels.partOf]: 'av-telemetry' }

export const roleLabels = (role: Role) => ({ ...platformLabels, [labels.role]: role })

/** The Secret object of a password, token or key. */
export const secretObject = (name: string): string => `secret-${name}`

/** The ConfigMap with the configuration of a running platform. */
export const recordName = 'platform'

/** Its labels, by which commands find the namespaces with a platform. */
export const recordLabels = { ...platformLabels, [labels.role]: 'record' }

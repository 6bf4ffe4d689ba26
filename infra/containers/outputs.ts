import type * as pulumi from '@pulumi/pulumi'

/** The outputs of a stack. */
export type Outputs = {
  /** URL of the events, for this machine; on Kubernetes for pods of the cluster. */
  readonly events: pulumi.Output<string>
  /** URL of the events, for other machines of the network. */
  readonly networkAddress: pulumi.Output<string>
  /** URL of the dashboard, for this machine; on Kubernetes the command that forwards its port. Empty if there is none. */
  readonly dashboard: pulumi.Output<string>
  /** A shell command that opens psql. */
  readonly psql: pulumi.Output<string>
  readonly guarantee: string[]
}

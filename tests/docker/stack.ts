/** The outputs of the Pulumi program, shown to the user after `up`. */
export type Outputs = {
  readonly events: string
  readonly networkAddress: string
  readonly psql: string
  readonly guarantee: readonly string[]
}

/** A stack of the Pulumi program, run by Pulumi or by the harness. A failure rejects with the whole output. */
export interface Stack {
  /** @param settings `kafka.partitions=12` and the like, over `config.master.json` */
  readonly up: (settings: readonly string[]) => Promise<Outputs>
  /** @returns `no changes`, or what an `up` would change */
  readonly preview: (settings: readonly string[]) => Promise<string>
  readonly destroy: () => Promise<void>
}

/** A way to run the Pulumi program. */
export type StackKind = {
  readonly title: string
  /**
   * @param name of the stack
   * @param folder for everything that it keeps
   */
  readonly create: (name: string, folder: string) => Promise<Stack>
}

export const noChanges = 'no changes'

/** The outputs of the Pulumi program, shown to the user after `up`. */
export type Outputs = {
  readonly events: string
  readonly networkAddress: string
  readonly psql: string
  readonly guarantee: readonly string[]
}

/** A stack of the Pulumi program. Its methods reject with the whole output if the program fails. */
export interface Stack {
  /** @param settings that override `config.master.json`, e.g. `kafka.partitions=12` */
  readonly up: (settings: readonly string[]) => Promise<Outputs>
  /** @returns `no changes`, or the changes that `up` would make */
  readonly preview: (settings: readonly string[]) => Promise<string>
  readonly destroy: () => Promise<void>
}

/** A way to run the Pulumi program. */
export type StackKind = {
  readonly title: string
  /**
   * @param name of the stack
   * @param folder for all its files
   */
  readonly create: (name: string, folder: string) => Promise<Stack>
}

export const noChanges = 'no changes'

/** What a server allows, or does not allow. */
export type Finding = {
  readonly server: 'Kafka' | 'Postgres'
  /** What the platform needs, e.g. `Write on the topic test_topic`. */
  readonly right: string
  readonly isAllowed: boolean
  /** What an administrator would run, or a sentence where no command helps. Only if it is missing. */
  readonly remedy?: string
}

/** What was found at one server, or at all. */
export type Checked = {
  readonly findings: readonly Finding[]
  /** Sentences about what is allowed, but weakens the guarantee. */
  readonly notes: readonly string[]
}

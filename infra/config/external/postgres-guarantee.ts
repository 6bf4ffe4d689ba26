/** Settings of a server of the user that decide what it keeps after a failure, as the server says them. */
type Durability = {
  readonly fsync: boolean
  readonly fullPageWrites: boolean
  readonly synchronousCommit: string
  readonly synchronousStandbyNames: string
}

/** For commands that do not ask the server. */
export const unaskedPostgres =
  'Postgres is a server of yours (postgres.external). What it keeps after a failure depends on its settings: see npm run status.'

/**
 * What a Postgres of the user adds to the guarantee: what it says that it keeps after a failure, and what it cannot
 * say. One sentence an item.
 */
export function describeDurability(server: Durability): string[] {
  return [crashSentence(server), commitSentence(server), unknowable]
}

const storedAgain =
  'The platform then stores their records again from Kafka, as long as Kafka keeps them (kafka.retentionHours). Messages that tasks had sent may be sent again.'

function crashSentence({ fsync, fullPageWrites }: Durability): string {
  const off = [...(fsync ? [] : ['fsync']), ...(fullPageWrites ? [] : ['full_page_writes'])]
  if (off.length === 0)
    return 'Your Postgres says that it writes each transaction to disk (fsync and full_page_writes are on).'
  return `Your Postgres has ${off.join(' and ')} = off: a crash of its machine can damage the database, and rows that Kafka no longer keeps are lost then.`
}

function commitSentence({ synchronousCommit, synchronousStandbyNames }: Durability): string {
  if (synchronousCommit === 'off')
    return `It has synchronous_commit = off: its last transactions may be missing after a crash. ${storedAgain}`
  if (synchronousStandbyNames === '' || synchronousCommit === 'local')
    return `It waits for no standby: if it is lost and a standby takes over, its last transactions may be missing. ${storedAgain}`
  if (synchronousCommit === 'remote_write')
    return `A standby has received each transaction, but may not have written it to disk (synchronous_commit = remote_write). If both crash at the same time, the last transactions may be missing. ${storedAgain}`
  return 'A standby has written each transaction to disk before it counts as stored (synchronous_standby_names): it survives the loss of the primary server.'
}

const unknowable =
  'The platform cannot know whether disks keep what they confirm, what a takeover chooses, how many copies the storage has, and whether there are backups.'

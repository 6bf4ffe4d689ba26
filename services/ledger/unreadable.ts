/** A partition that cannot be read at the offset at which its ledger is. */
export type UnreadableOffsets = {
  readonly logId: number
  readonly partition: number
  readonly firstOffset: number
  /** The last offset that cannot be read, if it is known. */
  readonly lastOffset: number | undefined
  readonly reason: string
}

/** The dead letter code of offsets that an operator has skipped. */
export const skippedCode = 'skipped'

/** What an operator can do, as a sentence. */
export function describeRemedy({
  partition,
  firstOffset,
  lastOffset,
}: Pick<UnreadableOffsets, 'partition' | 'firstOffset' | 'lastOffset'>): string {
  const range = `${firstOffset}..${lastOffset ?? 'LAST'}`
  return `Restore a replica of the partition, or give up these readings: npm run dead-letters -- skip ${partition} ${range}`
}

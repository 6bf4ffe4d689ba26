import type { LogRange } from './ledger.ts'

/** The log that the database knows, and how far its ledgers have come. */
export type KnownLog = {
  readonly id: number
  readonly clusterId: string
  /** `nextOffset` by partition. */
  readonly positions: ReadonlyMap<number, number>
}

/** What the cluster has under the topic's name. */
export type PresentTopic = {
  readonly clusterId: string
  readonly ranges: readonly LogRange[]
  readonly logTag: number | undefined
}

/**
 * Why the topic that is there is not the log that the database knows, or undefined where it is.
 * Told by the cluster, by the tag that came with the topic's creation, and by ledgers that have
 * come further than the log.
 */
export function whyNewLog(known: KnownLog | undefined, topic: PresentTopic): string | undefined {
  if (known === undefined) return 'the first log of this database'
  if (known.clusterId !== topic.clusterId) return 'the Kafka cluster is another one'
  if (known.id !== topic.logTag) return 'the topic was made anew'
  for (const [partition, nextOffset] of known.positions) {
    const high = topic.ranges[partition]?.high ?? 0
    if (high < nextOffset) {
      return `partition ${partition} ends at ${high}, its ledger stands at ${nextOffset}`
    }
  }
  return undefined
}

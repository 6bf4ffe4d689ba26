import type { RowContent } from './content.ts'
import type { ConflictRule } from './pipelines.ts'

/** The conflict rules, computed without the code of the platform. */

/** Records of one advertisement, in the order of the topic. */
type Versions<Version> = readonly Version[]
type Version = { readonly content: Pick<RowContent, 'rank'> }

/** The record whose values the row has at the end: the newest one, or the last one. */
export function winnerOf<Item extends Version>(
  rule: ConflictRule,
  versions: Versions<Item>,
): Item | undefined {
  if (rule === 'update') return versions.at(-1)
  const highest = highestRank(versions)
  return versions.find(({ content }) => content.rank === highest)
}

const highestRank = (versions: Versions<Version>): number =>
  Math.max(...versions.map(({ content }) => content.rank))

/**
 * The least and the greatest number of records that may be counted as duplicates. Copies of the winner
 * at the end are always duplicates. Any other copy is a duplicate or an update: that depends on which
 * records the platform has stored in one transaction.
 */
export function expectedDuplicates(
  rule: ConflictRule,
  versions: Versions<Version>,
): readonly [least: number, most: number] {
  const ranks = versions.map(({ content }) => content.rank)
  const copies = ranks.length - new Set(ranks).size
  const last = ranks.at(-1)
  const firstOfLast = ranks.indexOf(last ?? 0)
  const isAllAtEnd = ranks.slice(firstOfLast).every((rank) => rank === last)
  const copiesAtEnd = ranks.length - 1 - firstOfLast
  const isLastTheWinner = rule === 'update' || last === highestRank(versions)
  const isCertain = isAllAtEnd && copiesAtEnd === copies && isLastTheWinner
  return [isCertain ? copies : 0, copies]
}

import type { PreparedSettlement } from './prepare-settlement.ts'

/** Attempts that are settled in one transaction. */
const maxTogether = 200

/** Attempts whose effects get a transaction for themselves, and groups of the others. */
export function toGroups(prepared: readonly PreparedSettlement[]): PreparedSettlement[][] {
  const together = prepared.filter(({ effects }) => !effects.isSeparate)
  const groups: PreparedSettlement[][] = []
  for (let first = 0; first < together.length; first += maxTogether)
    groups.push(together.slice(first, first + maxTogether))
  const separate = prepared.filter(({ effects }) => effects.isSeparate)
  return [...groups, ...separate.map((each) => [each])]
}

/** Attempts that write the same tables together. */
export function byTablesOf(group: readonly PreparedSettlement[]): PreparedSettlement[][] {
  const byTables = new Map<string, PreparedSettlement[]>()
  for (const each of group) {
    const names = each.effects.tables.map(({ name }) => name).join(' ')
    byTables.set(names, [...(byTables.get(names) ?? []), each])
  }
  return [...byTables.values()]
}

export function halvesOf(group: readonly PreparedSettlement[]): PreparedSettlement[][] {
  const middle = Math.ceil(group.length / 2)
  return [group.slice(0, middle), group.slice(middle)]
}

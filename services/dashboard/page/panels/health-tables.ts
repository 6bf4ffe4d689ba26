import { formatCount, formatTime } from '../state/format.ts'
import type { AccountCounts } from '../../../ledger/account.ts'
import type { DeadLetterGroup, Health, Ledger } from '../../api/health.ts'
import { h } from './dom.ts'

const columns: readonly (readonly [
  name: string,
  count: (account: AccountCounts) => number | null,
])[] = [
  ['stored', ({ stored }) => stored],
  ['duplicate', ({ duplicate }) => duplicate],
  ['dead letters', ({ deadLettered }) => deadLettered],
  ['expired', ({ expired }) => expired],
  ['in flight', ({ inFlight }) => inFlight],
]

const formatCountOrDash = (count: number | null): string =>
  count === null ? '–' : formatCount(count)

/** What became of every offset, by partition and in all, and whether it balances. */
export function ledgerTable(ledger: Ledger): HTMLElement[] {
  if (!ledger.isKnown) return [h('p', { class: 'dim' }, 'The database does not answer.')]
  const { partitions, total } = ledger
  const names = ['Partition', ...columns.map(([name]) => name), 'account']
  const head = h('tr', {}, ...names.map((name) => h('th', { scope: 'col' }, name)))
  // Partitions of a log that has ended are told apart by its number.
  const hasSeveralLogs = new Set(partitions.map(({ log }) => log)).size > 1
  const rows = partitions.map((account) => {
    const { log, partition } = account
    return rowOf(hasSeveralLogs ? `${log}-${partition}` : String(partition), account)
  })
  const foot = h('tfoot', {}, rowOf('All', total))
  return [
    balanceVerdict(ledger),
    h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows), foot),
  ]
}

function balanceVerdict({ isBalanced, lastCheck }: Ledger): HTMLElement {
  if (!isBalanced) {
    const text = 'Not balanced: what was acknowledged is not all accounted for. See npm run status.'
    return h('p', { class: 'verdict bad' }, text)
  }
  const checked = lastCheck
    ? ` Held against the rows at ${formatTime(Date.parse(lastCheck.checkedAt))}.`
    : ''
  return h('p', { class: 'verdict good' }, `Balanced: every offset is accounted for.${checked}`)
}

function rowOf(name: string, account: AccountCounts): HTMLElement {
  const counts = columns.map(([, count]) => h('td', {}, formatCountOrDash(count(account))))
  const isBalanced = account.imbalance === 0
  const state = isBalanced ? 'balanced' : `off by ${formatCount(account.imbalance)}`
  const mark = h('td', { class: isBalanced ? 'good' : 'bad' }, state)
  return h('tr', {}, h('th', { scope: 'row' }, name), ...counts, mark)
}

export function serviceRows(services: Health['services']): HTMLElement[] {
  return services.map(({ name, up }) => {
    const state = h('span', { class: up ? 'badge good' : 'badge bad' }, up ? 'up' : 'down')
    return h('li', { class: 'fact' }, h('span', {}, name), state)
  })
}

/** Readings that a bar holds at least: a lag of one is no alarm. */
const minLagScale = 100

/** A bar for each partition, against the longest. */
export function lagRows(lag: readonly (number | null)[]): HTMLElement[] {
  const longest = lag.reduce<number>((a, b) => Math.max(a, b ?? 0), minLagScale)
  return lag.map((count, partition) => {
    const meter = h('meter', {
      min: 0,
      max: longest,
      value: count ?? 0,
      'aria-label': `Partition ${partition}`,
    })
    const name = h('span', { class: 'lag-name' }, String(partition))
    return h('li', { class: 'lag-row' }, name, meter, h('span', {}, formatCountOrDash(count)))
  })
}

export function deadLetterRows(groups: readonly DeadLetterGroup[] | null): HTMLElement[] {
  if (groups === null) return [h('p', { class: 'dim' }, 'Not known: the database has not said.')]
  if (groups.length === 0)
    return [h('p', { class: 'dim' }, 'None: everything that came could be stored.')]
  const rows = groups.map(({ reason, count, latest }) =>
    h(
      'li',
      { class: 'letter' },
      h('p', { class: 'letter-head' }, h('code', {}, reason), h('b', {}, formatCount(count))),
      ...(latest ? latestRows(latest) : []),
    ),
  )
  const hint = h(
    'p',
    { class: 'dim hint' },
    'Look closer with ',
    h('code', {}, 'npm run dead-letters -- list'),
  )
  return [h('ul', { class: 'plain' }, ...rows), hint]
}

function latestRows({
  receipt,
  detail,
  text,
}: NonNullable<DeadLetterGroup['latest']>): HTMLElement[] {
  const summary = h('p', { class: 'dim' }, `Latest, ${receipt}: ${detail}`)
  return [summary, h('pre', { class: 'letter-text', tabindex: 0 }, text)]
}

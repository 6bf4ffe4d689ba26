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

/** The outcome of every offset by partition and in total, and whether the ledger balances. */
export function ledgerTable(ledger: Ledger): HTMLElement[] {
  if (!ledger.isKnown) return [h('p', { class: 'dim' }, 'The database is unavailable.')]
  const { partitions, total } = ledger
  const names = ['Partition', ...columns.map(([name]) => name), 'balance']
  const head = h('tr', {}, ...names.map((name) => h('th', { scope: 'col' }, name)))
  // After the topic was created again, partitions of several logs are distinguished by log id.
  const hasSeveralLogs = new Set(partitions.map(({ log: logId }) => logId)).size > 1
  const rows = partitions.map((account) => {
    const { log: logId, partition } = account
    return rowOf(hasSeveralLogs ? `${logId}-${partition}` : String(partition), account)
  })
  const foot = h('tfoot', {}, rowOf('Total', total))
  return [
    balanceVerdict(ledger),
    h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows), foot),
  ]
}

function balanceVerdict({ isBalanced, lastCheck }: Ledger): HTMLElement {
  if (!isBalanced) return h('p', { class: 'verdict bad' }, describeImbalance(lastCheck))
  const checked = lastCheck
    ? ` Compared with the stored rows at ${formatTime(Date.parse(lastCheck.checkedAt))}.`
    : ''
  return h('p', { class: 'verdict good' }, `Balanced: every offset is accounted for.${checked}`)
}

function describeImbalance(lastCheck: Ledger['lastCheck']): string {
  const rows = lastCheck?.rowImbalance ?? 0
  if (rows === 0)
    return 'Not balanced: some acknowledged readings are not accounted for. Run npm run status for details.'
  const difference = `${formatCount(Math.abs(rows))} ${rows < 0 ? 'fewer' : 'more'} rows than were stored`
  return `Not balanced: the table has ${difference}. Rows were deleted or added by hand, or lost.`
}

function rowOf(name: string, account: AccountCounts): HTMLElement {
  const counts = columns.map(([, count]) => h('td', {}, formatCountOrDash(count(account))))
  const isBalanced = account.imbalance === 0
  const state = isBalanced ? 'balanced' : `differs by ${formatCount(account.imbalance)}`
  const mark = h('td', { class: isBalanced ? 'good' : 'bad' }, state)
  return h('tr', {}, h('th', { scope: 'row' }, name), ...counts, mark)
}

export function serviceRows(services: Health['services']): HTMLElement[] {
  return services.map(({ name, up }) => {
    const state = h('span', { class: up ? 'badge good' : 'badge bad' }, up ? 'up' : 'down')
    return h('li', { class: 'fact' }, h('span', {}, name), state)
  })
}

/** The smallest full scale of the bars, in readings, so that a small lag does not look alarming. */
const minLagScale = 100

/** A bar for each partition, relative to the largest lag. */
export function lagRows(lag: readonly (number | null)[]): HTMLElement[] {
  const fullScale = lag.reduce<number>((a, b) => Math.max(a, b ?? 0), minLagScale)
  return lag.map((count, partition) => {
    const meter = h('meter', {
      min: 0,
      max: fullScale,
      value: count ?? 0,
      'aria-label': `Partition ${partition}`,
    })
    const name = h('span', { class: 'lag-name' }, String(partition))
    return h('li', { class: 'lag-row' }, name, meter, h('span', {}, formatCountOrDash(count)))
  })
}

export function deadLetterRows(groups: readonly DeadLetterGroup[] | null): HTMLElement[] {
  if (groups === null) return [h('p', { class: 'dim' }, 'Unknown: the database is unavailable.')]
  if (groups.length === 0) return [h('p', { class: 'dim' }, 'No open dead letters.')]
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
    'To see all of them, run ',
    h('code', {}, 'npm run dead-letters -- list'),
  )
  return [h('ul', { class: 'plain' }, ...rows), hint]
}

function latestRows({
  receipt,
  detail,
  text,
}: NonNullable<DeadLetterGroup['latest']>): HTMLElement[] {
  const summary = h('p', { class: 'dim' }, `Latest (receipt ${receipt}): ${detail}`)
  return [summary, h('pre', { class: 'letter-text', tabindex: 0 }, text)]
}

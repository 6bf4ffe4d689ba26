import { formatCount } from '../state/format.ts'
import type { Account, DeadLetters, Health, Ledger } from '../wire.ts'
import { h } from './dom.ts'

const columns: readonly (readonly [name: string, count: (account: Account) => number])[] = [
  ['stored', ({ stored }) => stored],
  ['duplicate', ({ duplicate }) => duplicate],
  ['dead letters', ({ deadLettered }) => deadLettered],
  ['expired', ({ expired }) => expired],
  ['in flight', ({ inFlight }) => inFlight],
]

/** What became of every offset, by partition and in all, and whether it balances. */
export function ledgerTable(ledger: Ledger | null): HTMLElement[] {
  if (!ledger) return [h('p', { class: 'dim' }, 'The database does not answer.')]
  const { inAll, partitions } = ledger
  const verdict = inAll.isBalanced
    ? h('p', { class: 'verdict good' }, 'Balanced: every offset is accounted for.')
    : h(
        'p',
        { class: 'verdict bad' },
        'Not balanced: offsets are missing from the account. See npm run status.',
      )
  const names = ['Partition', ...columns.map(([name]) => name), '']
  const head = h('tr', {}, ...names.map((name) => h('th', { scope: 'col' }, name)))
  const rows = partitions.map((account) => rowOf(String(account.partition), account))
  const body = h('tbody', {}, ...rows)
  const foot = h('tfoot', {}, rowOf('All', inAll))
  return [verdict, h('table', {}, h('thead', {}, head), body, foot)]
}

function rowOf(name: string, account: Account): HTMLElement {
  const counts = columns.map(([, count]) => h('td', {}, formatCount(count(account))))
  const state = account.isBalanced ? 'balanced' : 'not balanced'
  const mark = h('td', { class: account.isBalanced ? 'good' : 'bad' }, state)
  return h('tr', {}, h('th', { scope: 'row' }, name), ...counts, mark)
}

export function serviceRows(services: Health['services']): HTMLElement[] {
  return services.map(({ name, up }) => {
    const state = h('span', { class: up ? 'badge good' : 'badge bad' }, up ? 'up' : 'down')
    return h('li', { class: 'fact' }, h('span', {}, name), state)
  })
}

/** A bar for each partition, against the longest. */
export function lagRows(lag: readonly number[]): HTMLElement[] {
  const longest = lag.reduce((a, b) => Math.max(a, b), 1)
  return lag.map((count, partition) => {
    const meter = h('meter', {
      min: 0,
      max: longest,
      value: count,
      'aria-label': `Partition ${partition}`,
    })
    const name = h('span', { class: 'lag-name' }, String(partition))
    return h('li', { class: 'lag-row' }, name, meter, h('span', {}, formatCount(count)))
  })
}

export function deadLetterRows(letters: readonly DeadLetters[]): HTMLElement[] {
  if (letters.length === 0)
    return [h('p', { class: 'dim' }, 'None: everything that came could be stored.')]
  const rows = letters.map(({ reason, count, latest }) =>
    h(
      'li',
      { class: 'letter' },
      h('p', { class: 'letter-head' }, h('code', {}, reason), h('b', {}, formatCount(count))),
      h('p', { class: 'dim' }, `Latest, ${latest.receipt}: ${latest.detail}`),
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

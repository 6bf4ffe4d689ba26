import { ApiError, getJson } from '../api.ts'
import { formatCount, formatLatency, formatRate } from '../state/format.ts'
import type { Session } from '../state/session.ts'
import type { Health, HealthHistory, HealthWithHistory } from '../../api/health.ts'
import { Chart } from './chart.ts'
import type { ChartOptions } from './chart.ts'
import { byId, h, setText } from './dom.ts'
import { deadLetterRows, lagRows, ledgerTable, serviceRows } from './health-tables.ts'

/** How often the history of the last hour is loaded. */
const historyIntervalMs = 10_000
const chartSyncKey = 'health'

type Figure = {
  readonly title: string
  readonly note: string
  readonly formatValue: (health: Health) => string
  readonly chart: ChartOptions
  readonly lines: (history: HealthHistory) => readonly (readonly (number | null)[])[]
}

const formatOrDash = (value: number | null, format: (value: number) => string): string =>
  value === null ? '–' : format(value)

/** Null if all counts are unknown. */
function sumOfKnown(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null)
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0)
}

const figures: readonly Figure[] = [
  {
    title: 'Readings per second',
    note: 'received and stored',
    formatValue: ({ rates }) =>
      `${formatOrDash(rates.received, formatRate)} received · ${formatOrDash(rates.stored, formatRate)} stored`,
    chart: {
      lines: [
        { label: 'received', colour: ({ accent }) => accent },
        { label: 'stored', colour: ({ second }) => second, isDashed: true },
      ],
      height: 130,
      format: formatCount,
      syncKey: chartSyncKey,
    },
    lines: ({ received, stored }) => [received, stored],
  },
  {
    title: 'Latency',
    note: 'from recording in the vehicle to storage',
    formatValue: ({ latency }) =>
      `p50 ${formatOrDash(latency.p50, formatLatency)} · p99 ${formatOrDash(latency.p99, formatLatency)}`,
    chart: {
      lines: [
        { label: 'p50', colour: ({ accent }) => accent },
        { label: 'p99', colour: ({ second }) => second, isDashed: true },
      ],
      height: 130,
      format: formatLatency,
      syncKey: chartSyncKey,
    },
    lines: ({ p50, p99 }) => [p50, p99],
  },
  {
    title: 'Lag',
    note: 'readings in Kafka that are not stored yet',
    formatValue: ({ lag }) => formatOrDash(sumOfKnown(lag), formatCount),
    chart: {
      lines: [{ label: 'Lag', colour: ({ accent }) => accent, isFilled: true }],
      height: 130,
      format: formatCount,
      syncKey: chartSyncKey,
    },
    lines: ({ lag }) => [lag],
  },
]

/** The health of the platform: figures of the last hour, the ledger, services, dead letters and lag. */
export class HealthPanel {
  readonly #session: Session
  readonly #figures = figures.map((figure) => {
    const [value, host] = [h('p', { class: 'figure-value' }), h('div', {})]
    const heading = h('h2', {}, figure.title)
    const note = h('p', { class: 'dim' }, figure.note)
    const card = h('article', { class: 'card figure' }, heading, note, value, host)
    return { figure, value, card, chart: new Chart(host, figure.chart) }
  })
  readonly #ledger = h('div', {
    class: 'scrolled',
    tabindex: 0,
    role: 'region',
    'aria-label': 'Ledger',
  })
  readonly #services = h('ul', { class: 'plain' })
  readonly #lag = h('ul', { class: 'plain' })
  readonly #deadLetters = h('div', {})
  #shownDeadLettersJson = ''
  #pollTimer: number | undefined

  constructor(session: Session) {
    this.#session = session
    const section = (title: string, name: string, body: HTMLElement): HTMLElement =>
      h('article', { class: `card ${name}` }, h('h2', {}, title), body)
    byId('health', HTMLElement).append(
      h(
        'div',
        { class: 'health-grid' },
        ...this.#figures.map(({ card }) => card),
        section('Ledger', 'ledger', this.#ledger),
        section('Services', 'services', this.#services),
        section('Dead letters', 'letters', this.#deadLetters),
        section('Lag by partition', 'lag', this.#lag),
      ),
    )
    session.on('health', (health) => {
      this.#show(health)
    })
    session.on('view', ({ view, last }) => {
      if (view.mode !== last.mode) this.#open()
    })
    this.#open()
  }

  /** Shows the last known values at once. */
  #open(): void {
    const { health } = this.#session
    if (health) this.#show(health)
    else this.#showUnknown()
    this.#pollHistory()
  }

  #showUnknown(): void {
    for (const { value } of this.#figures) setText(value, '–')
    for (const part of [this.#ledger, this.#services, this.#lag, this.#deadLetters])
      part.replaceChildren(h('p', { class: 'dim' }, 'Not known yet: no answer from the dashboard.'))
    this.#shownDeadLettersJson = ''
  }

  /** Loads the last hour repeatedly while the health view is open. */
  #pollHistory(): void {
    clearTimeout(this.#pollTimer)
    if (this.#session.view.mode !== 'health') return
    void this.#load()
    this.#pollTimer = setTimeout(() => {
      this.#pollHistory()
    }, historyIntervalMs)
  }

  async #load(): Promise<void> {
    try {
      const health = await getJson<HealthWithHistory>('/api/health')
      this.#show(health)
      const { history } = health
      const seconds = history.at.map((at) => at / 1000)
      for (const { figure, chart } of this.#figures) chart.show([seconds, ...figure.lines(history)])
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // The connection notice already reports this; the last values stay visible.
    }
  }

  #show(health: Health): void {
    if (this.#session.view.mode !== 'health') return
    for (const { figure, value } of this.#figures) setText(value, figure.formatValue(health))
    this.#ledger.replaceChildren(...ledgerTable(health.ledger))
    this.#services.replaceChildren(...serviceRows(health.services))
    this.#lag.replaceChildren(...lagRows(health.lag))
    this.#showDeadLetters(health)
  }

  /** Updates only on a change: replacing the elements would lose the user's focus and scroll position. */
  #showDeadLetters({ deadLetters }: Health): void {
    const json = JSON.stringify(deadLetters)
    if (json === this.#shownDeadLettersJson) return
    this.#shownDeadLettersJson = json
    this.#deadLetters.replaceChildren(...deadLetterRows(deadLetters))
  }
}

import type { Report } from '../../api/reports.ts'
import { ApiError, getJson, pathWithQuery } from '../api.ts'
import { toDateInput } from '../state/format.ts'
import { dayNotices } from '../state/report-texts.ts'
import type { Session } from '../state/session.ts'
import { byId, button, h, setText } from './dom.ts'
import { reportTable } from './report-table.ts'

const dayMs = 86_400_000
const presets = [
  { label: 'Today', first: 0, last: 0 },
  { label: 'Yesterday', first: 1, last: 1 },
  { label: 'Last 7 days', first: 6, last: 0 },
] as const
/** Excludes incomplete years, of which the user has typed only the first digits. */
const dayLimits = { min: '1970-01-01', max: '2999-12-31', required: true }
/** The limit of the server. */
const pageVehicles = 200

/** Distance, driving time and stops for each vehicle and day. Days are those of the browser's time zone. */
export class ReportsPanel {
  readonly #session: Session
  readonly #first = h('input', { type: 'date', 'aria-label': 'First day', ...dayLimits })
  readonly #last = h('input', { type: 'date', 'aria-label': 'Last day', ...dayLimits })
  readonly #file = h('a', { class: 'button', download: '' }, 'CSV')
  readonly #fault = h('p', { class: 'fault', role: 'alert' })
  readonly #notices = h('div', { class: 'dim', role: 'status' })
  readonly #table = h('div', { class: 'card scrolled' })
  readonly #more = button('Show more vehicles', { class: 'button', hidden: true }, () => {
    void this.#load(this.#report)
  })
  readonly #timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  #report: Report | undefined
  /** Counts requests: only the answer to the last one is shown. */
  #requests = 0

  constructor(session: Session) {
    this.#session = session
    const content = [this.#chooser(), this.#fault, this.#notices, this.#table, this.#more]
    byId('reports', HTMLElement).append(h('div', { class: 'reports-content' }, ...content))
    this.#chooseDays(0, 0)
    session.on('view', ({ view, last }) => {
      if (view.mode !== last.mode) this.#open()
    })
    this.#open()
  }

  #chooser(): HTMLElement {
    for (const field of [this.#first, this.#last]) {
      field.addEventListener('change', () => {
        this.#open()
      })
    }
    const buttons = presets.map(({ label, first, last }) =>
      button(label, { class: 'button' }, () => {
        this.#chooseDays(first, last)
        this.#open()
      }),
    )
    const dash = h('span', { class: 'dim' }, '–')
    const zone = h('span', { class: 'dim' }, `Days in ${this.#timeZone}`)
    const fields = h('div', { class: 'report-days' }, this.#first, dash, this.#last)
    return h('div', { class: 'report-chooser' }, fields, ...buttons, zone, this.#file)
  }

  /** Days before the present one. */
  #chooseDays(first: number, last: number): void {
    const noon = new Date(this.#session.now).setHours(12)
    this.#first.value = toDateInput(noon - first * dayMs)
    this.#last.value = toDateInput(noon - last * dayMs)
  }

  #open(): void {
    const isValid = this.#first.validity.valid && this.#last.validity.valid
    if (this.#session.view.mode === 'reports' && isValid) void this.#load(undefined)
  }

  /** @param before the pages that are shown already */
  async #load(before: Report | undefined): Promise<void> {
    this.#requests += 1
    const request = this.#requests
    const query = {
      firstDay: this.#first.value,
      lastDay: this.#last.value,
      timeZone: this.#timeZone,
    }
    this.#file.href = pathWithQuery('/api/reports', { ...query, format: 'csv' })
    const page = { ...query, limit: pageVehicles, cursor: before?.next ?? '' }
    try {
      const answer = await getJson<Report>(pathWithQuery('/api/reports', page))
      if (request !== this.#requests) return
      this.#show({ ...answer, rows: [...(before?.rows ?? []), ...answer.rows] })
      setText(this.#fault, '')
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (request === this.#requests) setText(this.#fault, error.message)
    }
  }

  #show(report: Report): void {
    this.#report = report
    this.#more.hidden = report.next === null
    this.#notices.replaceChildren(...dayNotices(report.days).map((text) => h('p', {}, text)))
    this.#table.replaceChildren(reportTable(report))
  }
}

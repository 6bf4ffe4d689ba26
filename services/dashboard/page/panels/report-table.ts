import type { Report, ReportDay, ReportRow } from '../../api/reports.ts'
import { formatCount, formatDistance, formatDuration, formatSpeed } from '../state/format.ts'
import type { ReportTotal } from '../state/report-texts.ts'
import { dayText, totalOf } from '../state/report-texts.ts'
import { defaultView, encodeView } from '../state/view.ts'
import { h } from './dom.ts'

const columns = ['Vehicle', 'Day', 'Distance', 'Driving', 'Idle', 'Stops', 'Top speed'] as const

/** A row for each vehicle and day, and the total of those that are shown. */
export function reportTable({ days, rows, next }: Report): HTMLElement {
  if (rows.length === 0) return h('p', { class: 'dim' }, 'No vehicle has reported in these hours.')
  const byDay = new Map(days.map((day) => [day.day, day]))
  const body = rows.map((row, index) =>
    rowOf(row, byDay.get(row.day), rows[index - 1]?.vin === row.vin),
  )
  const total = totalOf(rows)
  const vehicles = `${formatCount(total.vehicles)} ${total.vehicles === 1 ? 'vehicle' : 'vehicles'}`
  const name = next === null ? vehicles : `First ${vehicles}`
  const foot = h('tr', {}, h('th', { scope: 'row', colspan: 2 }, name), ...figuresOf(total))
  const head = h('tr', {}, ...columns.map((column) => h('th', { scope: 'col' }, column)))
  return h(
    'table',
    {},
    h('caption', { class: 'visually-hidden' }, 'Vehicles and days'),
    h('thead', {}, head),
    h('tbody', {}, ...body),
    h('tfoot', {}, foot),
  )
}

/** @param isSame whether the row before is of the same vehicle */
function rowOf(row: ReportRow, day: ReportDay | undefined, isSame: boolean): HTMLElement {
  const { vin, name: deviceName } = row
  const span = day && { from: Date.parse(day.from), to: Date.parse(day.to) }
  const href = `#${encodeView({ ...defaultView, mode: 'history', vin, span })}`
  const text = day ? dayText(day) : row.day
  const link = h('a', { href, 'aria-label': `${text}, history of ${deviceName ?? vin}` }, text)
  const ids = deviceName === null ? [vin] : [deviceName, h('span', { class: 'report-vin' }, vin)]
  const name = h('span', { ...(isSame && { class: 'visually-hidden' }) }, ...ids)
  return h(
    'tr',
    { ...(isSame && { class: 'same-vehicle' }) },
    h('th', { scope: 'row' }, name),
    h('td', {}, link),
    ...figuresOf(row),
  )
}

type Figures = Omit<ReportTotal, 'vehicles'>

function figuresOf({
  distanceMillimetres,
  drivingMs,
  idleMs,
  stops,
  maxSpeed,
}: Figures): HTMLElement[] {
  const texts = [
    formatDistance(distanceMillimetres / 1000),
    formatDuration(drivingMs),
    formatDuration(idleMs),
    formatCount(stops),
    maxSpeed === null ? '–' : formatSpeed(maxSpeed),
  ]
  return texts.map((text) => h('td', {}, text))
}

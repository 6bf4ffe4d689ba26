import { formatDay, isSameDay, toDateInput, toTimeInput } from '../state/format.ts'
import type { Span } from '../state/history/track-history.ts'
import { isSameSpan, lastSpan, spanOfDay } from '../state/history/span.ts'
import type { Session } from '../state/session.ts'
import { button, h, setText } from './dom.ts'

const presets = [
  { label: '15 min', durationMs: 15 * 60_000 },
  { label: '1 h', durationMs: 3_600_000 },
  { label: '24 h', durationMs: 24 * 3_600_000 },
] as const

/** Excludes incomplete years, of which the user has typed only the first digits. */
const dayLimits = { min: '1970-01-01', max: '9999-12-31' }

/** Fields for day, start and end in local time, and buttons for frequent spans. */
export function spanChooser(session: Session): HTMLElement {
  const day = h('input', { type: 'date', 'aria-label': 'Day', required: true, ...dayLimits })
  const from = h('input', { type: 'time', 'aria-label': 'From', required: true })
  const to = h('input', { type: 'time', 'aria-label': 'To', required: true })
  const fields = [day, from, to]
  const endDay = h('span', { class: 'dim' })
  /** Leaves the fields unchanged if they already show the span: the user may be typing. */
  const show = (): void => {
    const { span } = session.view
    const endsOnOtherDay = span !== undefined && !isSameDay(span.from, span.to)
    setText(endDay, endsOnOtherDay ? `on ${formatDay(span.to)}` : '')
    if (!span || isSameSpan(span, spanOfDay(day.value, from.value, to.value))) return
    day.value = toDateInput(span.from)
    from.value = toTimeInput(span.from)
    to.value = toTimeInput(span.to)
  }
  const choose = (): void => {
    if (!fields.every(({ validity }) => validity.valid)) return
    const span = spanOfDay(day.value, from.value, to.value)
    if (span) showSpan(session, span)
  }
  for (const field of fields) {
    field.addEventListener('change', choose)
    field.addEventListener('blur', () => {
      if (!field.validity.valid) show()
    })
  }
  session.on('view', ({ view, last }) => {
    if (view.span !== last.span) show()
  })
  show()
  const buttons = presets.map(({ label, durationMs }) =>
    button(label, { class: 'button small', 'aria-label': `Last ${label}` }, () => {
      showSpan(session, lastSpan(session.now, durationMs))
    }),
  )
  return h(
    'div',
    { class: 'span-chooser' },
    h('div', { class: 'span-fields' }, day, from, h('span', { class: 'dim' }, '–'), to, endDay),
    h('div', { class: 'span-presets' }, ...buttons),
  )
}

function showSpan(session: Session, span: Span): void {
  session.updateView({ span, time: undefined })
}

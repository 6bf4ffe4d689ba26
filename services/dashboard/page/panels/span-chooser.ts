import { formatDay, formatMinute } from '../state/format.ts'
import type { Span } from '../state/past.ts'
import { lastSpan, spanOfDay } from '../state/span.ts'
import type { Session } from '../state/session.ts'
import { button, h } from './dom.ts'

const presets = [
  { label: '15 min', milliseconds: 15 * 60_000 },
  { label: '1 h', milliseconds: 3_600_000 },
  { label: '24 h', milliseconds: 24 * 3_600_000 },
] as const

/** Day, from and to, by this machine's clock; and the spans that are asked for most. */
export function spanChooser(session: Session): HTMLElement {
  const day = h('input', { type: 'date', 'aria-label': 'Day', required: true })
  const from = h('input', { type: 'time', 'aria-label': 'From', required: true })
  const to = h('input', { type: 'time', 'aria-label': 'To', required: true })
  const show = (): void => {
    const { span } = session.view
    if (!span) return
    day.value = formatDay(span.from)
    from.value = formatMinute(span.from)
    to.value = formatMinute(span.to)
  }
  const choose = (): void => {
    const span = spanOfDay(day.value, from.value, to.value)
    const isWhole = span !== undefined
    to.setCustomValidity(isWhole ? '' : 'The end must be after the beginning.')
    if (isWhole) look(session, span)
    else to.reportValidity()
  }
  for (const field of [day, from, to]) field.addEventListener('change', choose)
  session.on('view', ({ view, last }) => {
    if (view.span !== last.span) show()
  })
  show()
  const buttons = presets.map(({ label, milliseconds }) =>
    button(label, { class: 'button small', 'aria-label': `The last ${label}` }, () => {
      look(session, lastSpan(session.now, milliseconds))
    }),
  )
  const fields = h('div', { class: 'span-fields' }, day, from, h('span', { class: 'dim' }, '–'), to)
  return h(
    'div',
    { class: 'span-chooser' },
    fields,
    h('div', { class: 'span-presets' }, ...buttons),
  )
}

function look(session: Session, span: Span): void {
  session.look({ span, time: undefined })
}

import { formatLatency, formatRate, formatTime } from '../state/format.ts'
import type { Session } from '../state/session.ts'
import { byId, h, setText } from './dom.ts'

/** Shows the connection status in the header, and a notice while the connection is lost. */
export function startConnection(session: Session): void {
  const [pulse, notice] = [byId('pulse', HTMLElement), byId('notice', HTMLElement)]
  const label = h('span', { class: 'pulse-word' })
  const figures = h('span', { class: 'pulse-figures' })
  pulse.replaceChildren(h('span', { class: 'pulse-dot', 'aria-hidden': 'true' }), label, figures)
  const show = (): void => {
    const { connection } = session
    pulse.dataset['kind'] = connection.kind
    setText(label, { connecting: 'Connecting', live: 'Live', lost: 'Offline' }[connection.kind])
    setText(figures, connection.kind === 'live' ? figuresOf(session) : '')
    notice.hidden = connection.kind !== 'lost'
    if (connection.kind !== 'lost') return
    const since = formatTime(connection.since)
    setText(
      notice,
      `Connection lost at ${since}. The data shown is out of date. Reconnecting automatically.`,
    )
  }
  session.on('connection', ({ kind }) => {
    if (kind === 'live') announce('Connected. Vehicles are updated live.')
    show()
  })
  session.on('health', show)
  show()
}

function figuresOf({ health }: Session): string {
  const { received } = health?.rates ?? { received: null }
  const { p50 } = health?.latency ?? { p50: null }
  return [
    ...(received === null ? [] : [`${formatRate(received)} received`]),
    ...(p50 === null ? [] : [`stored in ${formatLatency(p50)}`]),
  ].join(' · ')
}

/** Announces a text to screen readers. */
function announce(text: string): void {
  setText(byId('announcer', HTMLElement), text)
}

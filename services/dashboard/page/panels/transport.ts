import { formatCount, formatDay, formatTime } from '../state/format.ts'
import type { Past } from '../state/history/past.ts'
import { whyMissing } from '../state/history/past.ts'
import type { Player } from '../state/history/player.ts'
import type { Session } from '../state/session.ts'
import type { ShownMoment } from '../state/history/shown-moment.ts'
import { rates } from '../state/view.ts'
import { button, byId, h, setText } from './dom.ts'
import { spanChooser } from './span-chooser.ts'

/** What plays, and what says where it is. */
export type Playback = { readonly player: Player; readonly moment: ShownMoment }

/** Play, pause, scrub and how fast, with the span that is played. */
export class Transport {
  readonly #session: Session
  readonly #past: Past
  readonly #player: Player
  readonly #panel = byId('transport', HTMLElement)
  readonly #play: HTMLButtonElement
  readonly #slider = h('input', {
    type: 'range',
    class: 'scrub',
    'aria-label': 'Moment',
    step: 1000,
  })
  readonly #time = h('output', { class: 'moment' })
  readonly #rate = h('select', { class: 'rate', 'aria-label': 'Speed of playback' })
  readonly #status = h('p', { class: 'past-status', role: 'status' })

  constructor(session: Session, past: Past, { player, moment }: Playback) {
    this.#session = session
    this.#past = past
    this.#player = player
    this.#play = button('', { class: 'play', 'aria-keyshortcuts': 'Space' }, () => {
      player.toggle()
    })
    for (const rate of rates) this.#rate.append(h('option', { value: rate }, `${rate}×`))
    this.#rate.value = String(session.view.rate)
    this.#panel.append(
      h('div', { class: 'transport-row' }, spanChooser(session), this.#status),
      h('div', { class: 'transport-row' }, this.#play, this.#slider, this.#time, this.#rate),
    )
    this.#listen(moment)
    this.#show()
    // Its rows wrap where it is narrow; what ends above it must know.
    const stage = byId('stage', HTMLElement)
    new ResizeObserver(() => {
      stage.style.setProperty('--transport-height', `${this.#panel.offsetHeight}px`)
    }).observe(this.#panel)
  }

  #listen(moment: ShownMoment): void {
    this.#slider.addEventListener('input', () => {
      moment.seek(Number(this.#slider.value))
    })
    this.#rate.addEventListener('change', () => {
      this.#session.look({ rate: Number(this.#rate.value) })
    })
    this.#session.on('view', ({ view }) => {
      this.#rate.value = String(view.rate)
      this.#panel.hidden = view.mode !== 'history'
    })
    this.#player.on('change', () => {
      this.#show()
    })
    const showStatus = (): void => {
      setText(this.#status, statusOf(this.#past))
    }
    this.#past.on('loaded', showStatus)
    showStatus()
    this.#past.on('change', () => {
      this.#show()
    })
  }

  #show(): void {
    this.#panel.hidden = this.#session.view.mode !== 'history'
    const { isPlaying } = this.#player
    this.#play.setAttribute('aria-label', isPlaying ? 'Pause' : 'Play')
    this.#play.dataset['icon'] = isPlaying ? 'pause' : 'play'
    const { span, time } = this.#past
    if (!span) return
    this.#slider.min = String(span.from)
    this.#slider.max = String(span.to)
    this.#slider.value = String(time)
    const text = `${formatDay(time)} ${formatTime(time)}`
    this.#slider.setAttribute('aria-valuetext', text)
    setText(this.#time, formatTime(time))
  }
}

function statusOf({ state }: Past): string {
  if (state.kind !== 'loaded') return whyMissing(state)
  const tracks = state.tracks.filter(({ points }) => points.length > 0)
  if (tracks.length === 0) return 'Nothing was stored in this span.'
  const vehicles = `${formatCount(tracks.length)} ${tracks.length === 1 ? 'vehicle' : 'vehicles'}`
  return state.isWhole ? vehicles : `The first ${vehicles}; search for others.`
}

import { formatCount, formatDay, formatDayOfYear, formatTime, isSameDay } from '../state/format.ts'
import type { TrackHistory } from '../state/history/track-history.ts'
import { notLoadedText } from '../state/history/track-history.ts'
import type { Player } from '../state/history/player.ts'
import type { Session } from '../state/session.ts'
import type { Playhead } from '../state/history/playhead.ts'
import { playbackRates } from '../state/view.ts'
import { button, byId, h, setText } from './dom.ts'
import { spanChooser } from './span-chooser.ts'

/** The player and its position. */
export type Playback = { readonly player: Player; readonly playhead: Playhead }

/** Controls for play, pause, position and speed, and for the span that is played. */
export class PlaybackBar {
  readonly #session: Session
  readonly #trackHistory: TrackHistory
  readonly #player: Player
  readonly #panel = byId('playback', HTMLElement)
  readonly #play: HTMLButtonElement
  readonly #slider = h('input', {
    type: 'range',
    class: 'scrub',
    'aria-label': 'Playback time',
    step: 1000,
  })
  readonly #time = h('output', { class: 'playback-time' })
  readonly #rate = h('select', { class: 'rate', 'aria-label': 'Playback speed' })
  readonly #status = h('p', { class: 'playback-status', role: 'status' })

  constructor(session: Session, trackHistory: TrackHistory, { player, playhead }: Playback) {
    this.#session = session
    this.#trackHistory = trackHistory
    this.#player = player
    this.#play = button('', { class: 'play', 'aria-keyshortcuts': 'Space' }, () => {
      player.toggle()
    })
    for (const rate of playbackRates) this.#rate.append(h('option', { value: rate }, `${rate}×`))
    this.#rate.value = String(session.view.rate)
    this.#panel.append(
      h('div', { class: 'playback-row' }, spanChooser(session), this.#status),
      h('div', { class: 'playback-row' }, this.#play, this.#slider, this.#time, this.#rate),
    )
    this.#listen(playhead)
    this.#show()
    // The rows wrap on narrow screens. Elements above the bar need its height.
    const stage = byId('stage', HTMLElement)
    new ResizeObserver(() => {
      stage.style.setProperty('--playback-height', `${this.#panel.offsetHeight}px`)
    }).observe(this.#panel)
  }

  #listen(playhead: Playhead): void {
    this.#slider.addEventListener('input', () => {
      playhead.seek(Number(this.#slider.value))
    })
    this.#rate.addEventListener('change', () => {
      this.#session.updateView({ rate: Number(this.#rate.value) })
    })
    this.#session.on('view', ({ view }) => {
      this.#rate.value = String(view.rate)
      this.#panel.hidden = view.mode !== 'history'
    })
    this.#player.on('change', () => {
      this.#show()
    })
    const showStatus = (): void => {
      setText(this.#status, statusText(this.#trackHistory))
    }
    this.#trackHistory.on('loaded', showStatus)
    showStatus()
    this.#trackHistory.on('change', () => {
      this.#show()
    })
  }

  #show(): void {
    this.#panel.hidden = this.#session.view.mode !== 'history'
    const { isPlaying } = this.#player
    this.#play.setAttribute('aria-label', isPlaying ? 'Pause' : 'Play')
    this.#play.dataset['icon'] = isPlaying ? 'pause' : 'play'
    const { span, time } = this.#trackHistory
    if (!span) return
    this.#slider.min = String(span.from)
    this.#slider.max = String(span.to)
    this.#slider.value = String(time)
    const text = `${formatDay(time)} ${formatTime(time)}`
    this.#slider.setAttribute('aria-valuetext', text)
    const day = isSameDay(span.from, span.to) ? '' : `${formatDayOfYear(time)}, `
    setText(this.#time, `${day}${formatTime(time)}`)
  }
}

function statusText({ state }: TrackHistory): string {
  if (state.kind !== 'loaded') return notLoadedText(state)
  const tracks = state.tracks.filter(({ points }) => points.length > 0)
  if (tracks.length === 0) return 'No readings are stored for this time span.'
  const vehicles = `${formatCount(tracks.length)} ${tracks.length === 1 ? 'vehicle' : 'vehicles'}`
  return state.isComplete
    ? vehicles
    : `Showing the first ${vehicles}. Select a vehicle to load its track.`
}

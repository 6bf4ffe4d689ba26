import { formatCount, formatDuration } from '../state/format.ts'
import type { Session } from '../state/session.ts'
import type { VehicleActivity } from '../state/vehicle-activity.ts'
import { vehicleActivities } from '../state/vehicle-activity.ts'
import { hidesSilent, withSilent } from '../state/view.ts'
import { byId, h, setText } from './dom.ts'
import { stateGlyph, stateNames } from './state-glyph.ts'

/**
 * One toggle button per state with the number of vehicles in it; the buttons are also the legend. Below
 * them a check box that hides silent vehicles.
 */
export function startFilters(session: Session): void {
  const counts = vehicleActivities.map((state) => {
    const count = h('span', { class: 'filter-count' }, '0')
    const name = h('span', { class: 'filter-name' }, stateNames[state])
    const chip = h('button', {
      type: 'button',
      class: 'filter',
      title: describeState(state, session),
    })
    chip.append(stateGlyph(state), name, count)
    chip.addEventListener('click', () => {
      toggle(session, state)
    })
    return { state, count, chip }
  })
  const hideSilent = h('input', { type: 'checkbox' })
  hideSilent.addEventListener('change', () => {
    session.updateView({ states: withSilent(session.view.states, hideSilent.checked) })
  })
  const label = h('label', { class: 'hide-silent' }, hideSilent, 'Hide silent vehicles')
  byId('filters', HTMLElement).append(...counts.map(({ chip }) => chip), label)
  const show = (): void => {
    const countByState = session.fleet.countStates(session.now, session.settings)
    for (const { state, count, chip } of counts) {
      setText(count, formatCount(countByState[state]))
      chip.setAttribute('aria-pressed', String(session.view.states.includes(state)))
    }
    hideSilent.checked = hidesSilent(session.view.states)
  }
  for (const name of ['tick', 'view', 'vehicles'] as const) session.on(name, show)
  show()
}

function toggle(session: Session, state: VehicleActivity): void {
  const { states } = session.view
  const next = states.includes(state) ? states.filter((one) => one !== state) : [...states, state]
  session.updateView({ states: next })
}

function describeState(state: VehicleActivity, { settings }: Session): string {
  const after = (seconds: number): string => formatDuration(seconds * 1000)
  switch (state) {
    case 'moving':
      return 'Reporting and moving'
    case 'standing':
      return 'Reporting and not moving'
    case 'stale':
      return `Not reporting: the latest reading is older than ${after(settings.staleAfterSeconds)}`
    case 'silent':
      return `Not reporting for more than ${after(settings.silentAfterSeconds)}`
  }
}

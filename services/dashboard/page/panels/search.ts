import type { Session } from '../state/session.ts'
import { byId } from './dom.ts'
import type { VehicleList } from './vehicle-list.ts'

/** The search field filters list and map. Enter selects the first match. */
export function startSearch(session: Session, list: VehicleList): void {
  const field = byId('search', HTMLInputElement)
  field.value = session.view.query
  field.addEventListener('input', () => {
    session.updateView({ query: field.value })
  })
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
    event.preventDefault()
    byId('list', HTMLElement).focus()
    list.selectFirst()
  })
  // Focus the field without changing the URL fragment, which contains the view.
  byId('skip', HTMLAnchorElement).addEventListener('click', (event) => {
    event.preventDefault()
    field.focus()
  })
  session.on('view', ({ view }) => {
    if (field.value !== view.query) field.value = view.query
  })
}

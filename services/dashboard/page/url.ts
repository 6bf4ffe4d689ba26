import type { Session } from './state/session.ts'
import type { View } from './state/view.ts'
import { decodeView, encodeView } from './state/view.ts'

/** Milliseconds for which the view must stay as it is before it is written down: browsers limit how often. */
const rest = 300

/** Keeps the view in the URL, so that it can be shared and Back goes back. */
export function startUrl(session: Session): void {
  let due: number | undefined
  session.on('view', ({ view, last }) => {
    clearTimeout(due)
    if (isStep(view, last)) {
      write(view, 'pushState')
      return
    }
    due = setTimeout(() => {
      write(view, 'replaceState')
    }, rest)
  })
  addEventListener('popstate', () => {
    clearTimeout(due)
    session.look(decodeView(location.hash))
    session.emit('wish', 'return')
  })
}

/** Whether somebody would want to come back from it. */
function isStep(view: View, last: View): boolean {
  return view.mode !== last.mode || view.vin !== last.vin
}

function write(view: View, how: 'pushState' | 'replaceState'): void {
  const hash = `#${encodeView(view)}`
  if (hash !== location.hash) history[how](null, '', hash)
}

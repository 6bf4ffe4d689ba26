import type { Session } from './state/session.ts'
import type { View } from './state/view.ts'
import { decodeView, encodeView, isViewFragment } from './state/view.ts'

/** Milliseconds between two writings of what changes all the time: browsers limit how often. */
const rest = 300

/** Keeps the view in the URL, so that it can be shared and Back goes back. */
export function startUrl(session: Session): void {
  let due: number | undefined
  const callOff = (): void => {
    clearTimeout(due)
    due = undefined
  }
  session.on('view', ({ view, last }) => {
    if (isStep(view, last)) {
      callOff()
      write(view, 'pushState')
      return
    }
    due ??= setTimeout(() => {
      due = undefined
      write(session.view, 'replaceState')
    }, rest)
  })
  addEventListener('popstate', () => {
    callOff()
    if (!isViewFragment(location.hash)) {
      write(session.view, 'replaceState')
      return
    }
    const view = decodeView(location.hash)
    session.look(view)
    // Panels that come or go move the map, and it has noted where it was.
    if (view.camera) session.look({ camera: view.camera })
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

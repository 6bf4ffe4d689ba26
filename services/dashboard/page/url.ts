import type { Session } from './state/session.ts'
import type { View } from './state/view.ts'
import { decodeView, encodeView, isViewFragment } from './state/view.ts'

/** Milliseconds between two writings of what changes all the time: browsers limit how often. */
const replaceIntervalMs = 300

/** Keeps the view in the URL, so that it can be shared and Back goes back. */
export function startUrl(session: Session): void {
  let timer: number | undefined
  const cancelWrite = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  session.on('view', ({ view, last }) => {
    if (isNavigation(view, last)) {
      cancelWrite()
      writeUrl(view, 'pushState')
      return
    }
    timer ??= setTimeout(() => {
      timer = undefined
      writeUrl(session.view, 'replaceState')
    }, replaceIntervalMs)
  })
  addEventListener('popstate', () => {
    cancelWrite()
    if (!isViewFragment(location.hash)) {
      writeUrl(session.view, 'replaceState')
      return
    }
    const view = decodeView(location.hash)
    session.updateView(view)
    // Panels that come or go move the map, and it has noted where it was.
    if (view.camera) session.updateView({ camera: view.camera })
    session.emit('mapCommand', 'return')
  })
}

/** Whether somebody would want to come back from it. */
function isNavigation(view: View, last: View): boolean {
  return view.mode !== last.mode || view.vin !== last.vin
}

function writeUrl(view: View, method: 'pushState' | 'replaceState'): void {
  const hash = `#${encodeView(view)}`
  if (hash !== location.hash) history[method](null, '', hash)
}

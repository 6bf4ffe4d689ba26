import type { Session } from './state/session.ts'
import type { View } from './state/view.ts'
import { decodeView, encodeView, isViewFragment } from './state/view.ts'

/** The interval of URL updates while the view changes continuously: browsers limit their rate. */
const replaceIntervalMs = 300

/** Keeps the view in the URL, so that links can be shared and the Back button works. */
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
    // Opening or closing panels moves the map, which writes its camera to the view. Restore it.
    if (view.camera) session.updateView({ camera: view.camera })
    session.emit('mapCommand', 'restoreCamera')
  })
}

/** Whether the change deserves an entry in the browser's history. */
function isNavigation(view: View, last: View): boolean {
  return (['mode', 'vin', 'task', 'file'] as const).some((part) => view[part] !== last[part])
}

function writeUrl(view: View, method: 'pushState' | 'replaceState'): void {
  const hash = `#${encodeView(view)}`
  if (hash !== location.hash) history[method](null, '', hash)
}

import { ApiError, getJson } from './api.ts'
import { fetchTracks, startHistory } from './history.ts'
import { byId, h } from './panels/dom.ts'
import { askForToken } from './panels/token-dialog.ts'
import { startPanels } from './panels/start-panels.ts'
import { setLanguage } from './state/format.ts'
import { TrackHistory } from './state/history/track-history.ts'
import { Session } from './state/session.ts'
import { decodeView } from './state/view.ts'
import { Stream } from './stream.ts'
import { startUrl } from './url.ts'
import type { Settings, SignInSettings } from '../api/settings.ts'

/** The wait between two requests for the settings while the server cannot be reached. */
const retryDelayMs = 2_000

async function loadSettings(): Promise<Settings> {
  for (;;) {
    try {
      const settings = await getJson<Settings | SignInSettings>('/api/settings')
      if ('map' in settings) return settings
      await askForToken()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      await new Promise((resolve) => setTimeout(resolve, retryDelayMs))
    }
  }
}

async function reloadIfUnauthorized(): Promise<void> {
  try {
    await getJson('/api/vehicles?limit=1')
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) location.reload()
  }
}

setLanguage(navigator.language)
const session = new Session(await loadSettings(), decodeView(location.hash))
const trackHistory = new TrackHistory(fetchTracks)
const panels = startPanels(session, trackHistory)
startUrl(session)
startHistory(session, trackHistory)
// The cookie is invalid after the token has changed.
const stream = new Stream(session, () => {
  if (session.settings.needsToken) void reloadIfUnauthorized()
})
stream.open()
setInterval(() => {
  session.emit('tick', undefined)
}, 1000)

const { HealthPanel } = await import('./panels/health-panel.ts')
new HealthPanel(session)
const { WorkPanel } = await import('./panels/work-panel.ts')
new WorkPanel(session)
const { ReportsPanel } = await import('./panels/reports-panel.ts')
new ReportsPanel(session)
const { DevicesPanel } = await import('./panels/devices/devices-panel.ts')
new DevicesPanel(session)

// The map is the largest part of the page, so the lists and figures load before it.
try {
  const { startMap } = await import('./start-map.ts')
  startMap(session, trackHistory, panels)
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error)
  byId('map', HTMLElement).append(
    h('p', { class: 'map-fault' }, `The map cannot be displayed: ${reason}`),
  )
}

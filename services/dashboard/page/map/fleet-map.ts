import {
  LngLatBounds,
  Map as MapLibreMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl'
import type { Leg } from '../state/motion.ts'
import { placeAt, toDegrees } from '../state/motion.ts'
import { usesMiles } from '../state/format.ts'
import type { TrackHistory } from '../state/history/track-history.ts'
import type { Session, MapCommand } from '../state/session.ts'
import { ArrowLayer, cameraOf } from './arrows/arrow-layer.ts'
import { loadWorld } from './base/base-map.ts'
import { baseStyle, paintTheme } from './base/base-style.ts'
import { Clusters } from './clusters.ts'
import { ringIconIndex } from './arrows/icons.ts'
import type { DrawnVehicle } from './arrows/live-arrows.ts'
import { LiveArrows, toArrow } from './arrows/live-arrows.ts'
import { HistoryArrows } from './arrows/history-arrows.ts'
import { FrameScheduler } from './frame-scheduler.ts'
import { startRoads } from './base/roads.ts'
import { onThemeChange, readTheme } from './base/theme.ts'
import { startTiles } from './base/tiles.ts'

setWorkerUrl('/vendor/maplibre-gl-worker.mjs')

/** Zoom level for a single vehicle. */
const vehicleZoom = 15

/** The map draws the vehicles of the session, live or in the history. Only the session controls it. */
export class FleetMap {
  readonly map: MapLibreMap
  readonly live: LiveArrows
  readonly #session: Session
  readonly #layer: ArrowLayer
  readonly #clusters: Clusters
  readonly #historyArrows: HistoryArrows
  readonly #frames: FrameScheduler
  #drawnVehicles: readonly DrawnVehicle[] = []
  #isRefreshScheduled = false

  constructor(session: Session, trackHistory: TrackHistory, container: HTMLElement) {
    const theme = readTheme()
    this.#session = session
    this.live = new LiveArrows(session)
    this.#historyArrows = new HistoryArrows(session, trackHistory)
    this.map = createMap(session, container)
    this.#layer = new ArrowLayer(this.map, theme)
    this.#clusters = new Clusters(this.map)
    this.#frames = new FrameScheduler(() => {
      this.#drawFrame()
    })
    // Not on `load`: it waits until no source changes, which a fleet in motion can delay without end.
    this.map.once('style.load', () => {
      // The map works without outlines.
      loadWorld(this.map).catch(() => undefined)
      startRoads(this.map, session)
      void startTiles(this.map, session)
    })
    onThemeChange(() => {
      paintTheme(this.map, readTheme())
      this.#layer.setTheme(readTheme())
    })
    this.#listen(trackHistory)
  }

  /** The vehicles that are drawn as arrows; clustered ones are not. */
  get drawnVehicles(): readonly DrawnVehicle[] {
    return this.#drawnVehicles
  }

  runCommand(command: MapCommand): void {
    const { vin, camera } = this.#session.view
    switch (command) {
      case 'showAll':
        this.#session.updateView({ isFollowing: false })
        this.fit()
        return
      case 'showSelected':
        if (vin !== undefined) this.#goTo(vin)
        return
      case 'restoreCamera':
        if (camera)
          this.map.jumpTo({ center: [camera.longitude, camera.latitude], zoom: camera.zoom })
    }
  }

  /** Fits the map to all vehicles that match the filter; in the history, to all of their positions. */
  fit(isSmooth = true): void {
    const places =
      this.#session.view.mode === 'history' ? this.#historyArrows.positions() : this.#livePlaces()
    const [first] = places
    if (!first) return
    const bounds = places.reduce((box, place) => box.extend(place), new LngLatBounds(first, first))
    // A phone has little room beside the playback bar.
    const padding = this.map.getContainer().clientHeight < 500 ? 24 : 60
    this.map.fitBounds(bounds, { padding, maxZoom: vehicleZoom, animate: isSmooth })
  }

  #livePlaces(): [longitude: number, latitude: number][] {
    const { query, states } = this.#session.view
    const all = this.live.drawnVehicles()
    const isFiltered = query !== '' || states.length > 0
    // A silent vehicle that is far away must not zoom the map out.
    const recent = all.filter(({ state }) => state !== 'silent')
    return (isFiltered || recent.length === 0 ? all : recent).map(({ leg }) => toDegrees(leg.to))
  }

  /** Moves the map to a vehicle, and zooms in when the zoom level is low. */
  #goTo(vin: string): void {
    const leg = this.legOf(vin)
    if (!leg) return
    const zoom = Math.max(this.map.getZoom(), vehicleZoom)
    this.map.easeTo({ center: toDegrees(leg.to), zoom, duration: 600 })
  }

  /**
   * Moves the map to a vehicle that is outside the part that no panel covers, without a change of the
   * zoom level.
   */
  moveToIfHidden(vin: string): void {
    // After the padding for the panel is set, which would end the movement.
    requestAnimationFrame(() => {
      const leg = this.legOf(vin)
      if (!leg || isUncovered(this.map, leg)) return
      this.map.easeTo({ center: toDegrees(leg.to), duration: 600 })
    })
  }

  legOf(vin: string): Leg | undefined {
    if (this.#session.view.mode !== 'history') return this.live.legOf(vin)
    return this.#historyArrows.drawnVehicles().find((vehicle) => vehicle.vin === vin)?.leg
  }

  /** Updates the map in the next frame. */
  refresh(): void {
    if (this.#isRefreshScheduled) return
    this.#isRefreshScheduled = true
    requestAnimationFrame(() => {
      this.#isRefreshScheduled = false
      this.#show()
    })
  }

  #listen(trackHistory: TrackHistory): void {
    const session = this.#session
    const refresh = (): void => {
      this.refresh()
    }
    session.on('vehicles', (changed) => {
      this.live.update(changed, performance.now())
      this.refresh()
    })
    session.on('gone', (vins) => {
      this.live.remove(vins)
      this.refresh()
    })
    session.on('tick', refresh)
    session.on('view', ({ view, last }) => {
      if (view.vin !== last.vin && view.vin !== undefined) this.moveToIfHidden(view.vin)
      this.refresh()
    })
    trackHistory.on('change', refresh)
    this.map.on('zoomend', refresh)
  }

  #show(): void {
    const { mode, vin } = this.#session.view
    this.#drawnVehicles = this.#clusters.draw(
      mode === 'history' ? this.#historyArrows.drawnVehicles() : this.live.drawnVehicles(),
    )
    const selected = this.#drawnVehicles.find((vehicle) => vehicle.vin === vin)
    const arrows = this.#drawnVehicles.map(toArrow)
    if (selected)
      arrows.push({ ...toArrow(selected), icon: ringIconIndex, size: 1.5 }, toArrow(selected))
    this.#layer.show(arrows)
    if (mode === 'live') this.#frames.runUntil(this.live.movingUntil, this.#pixelsPerSecond())
    this.#follow()
  }

  #drawFrame(): void {
    if (!this.#follow()) this.#layer.draw()
  }

  /** Centres the followed vehicle. Returns whether the map has moved. */
  #follow(): boolean {
    const { isFollowing, vin } = this.#session.view
    const leg = isFollowing && vin !== undefined ? this.legOf(vin) : undefined
    if (!leg || this.map.isMoving()) return false
    this.map.jumpTo({ center: toDegrees(placeAt(leg, performance.now())) })
    return true
  }

  /** The speed of a vehicle at 30 m/s on the screen. */
  #pixelsPerSecond(): number {
    const { worldSize } = cameraOf(this.map)
    return (30 / 40_075_017) * worldSize
  }
}

/** Whether the vehicle is in the part of the map that no panel covers. */
function isUncovered(map: MapLibreMap, { to }: Leg): boolean {
  const { x, y } = map.project(toDegrees(to))
  const { right = 0, bottom = 0 } = map.getPadding()
  const { clientWidth, clientHeight } = map.getContainer()
  return x >= 0 && y >= 0 && x <= clientWidth - right && y <= clientHeight - bottom
}

function createMap({ settings, view }: Session, container: HTMLElement): MapLibreMap {
  const { latitude, longitude } = view.camera ?? settings.origin
  const map = new MapLibreMap({
    container,
    style: baseStyle(readTheme()),
    center: [longitude, latitude],
    zoom: view.camera?.zoom ?? 12,
    minZoom: 1,
    maxZoom: 19,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    attributionControl: false,
    fadeDuration: 0,
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.addControl(new ScaleControl({ unit: usesMiles() ? 'imperial' : 'metric' }), 'bottom-left')
  map.addControl(new NavigationControl({ showCompass: false }), 'bottom-left')
  return map
}

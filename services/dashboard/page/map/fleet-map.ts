import {
  LngLatBounds,
  Map as MapLibreMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl'
import type { Leg } from '../state/motion.ts'
import { placeAt, toDegrees } from '../state/motion.ts'
import type { Past } from '../state/history/past.ts'
import type { Session, Wish } from '../state/session.ts'
import { ArrowLayer, cameraOf } from './arrows/arrow-layer.ts'
import { loadWorld } from './base/base-map.ts'
import { baseStyle, paintTheme } from './base/base-style.ts'
import { Clusters } from './clusters.ts'
import { ringIcon } from './arrows/icons.ts'
import type { SeenVehicle } from './arrows/live-arrows.ts'
import { LiveArrows, toArrow } from './arrows/live-arrows.ts'
import { PastArrows } from './arrows/past-arrows.ts'
import { Pacer } from './pacer.ts'
import { startRoads } from './base/roads.ts'
import { onThemeChange, readTheme } from './base/theme.ts'
import { startTiles } from './base/tiles.ts'

setWorkerUrl('/vendor/maplibre-gl-worker.mjs')

/** Zoom at which a fleet of one, or none, is shown. */
const closeZoom = 15

/** The map: draws what the session knows, now or in the past. Nothing but the session tells it what to do. */
export class FleetMap {
  readonly map: MapLibreMap
  readonly live: LiveArrows
  readonly #session: Session
  readonly #layer: ArrowLayer
  readonly #clusters: Clusters
  readonly #past: PastArrows
  readonly #pacer: Pacer
  #seen: readonly SeenVehicle[] = []
  #isStale = false

  constructor(session: Session, past: Past, container: HTMLElement) {
    const theme = readTheme()
    this.#session = session
    this.live = new LiveArrows(session)
    this.#past = new PastArrows(session, past)
    this.map = createMap(session, container)
    this.#layer = new ArrowLayer(this.map, theme)
    this.#clusters = new Clusters(this.map)
    this.#pacer = new Pacer(() => {
      this.#drawFrame()
    })
    this.map.on('load', () => {
      // Without outlines the vehicles still drive.
      loadWorld(this.map).catch(() => undefined)
      startRoads(this.map, session)
      void startTiles(this.map, session)
    })
    onThemeChange(() => {
      paintTheme(this.map, readTheme())
      this.#layer.setTheme(readTheme())
    })
    this.#listen(past)
  }

  /** What is drawn at this moment. */
  get seen(): readonly SeenVehicle[] {
    return this.#seen
  }

  /** Does what somebody wishes to see. */
  fulfil(wish: Wish): void {
    const { vin, camera } = this.#session.view
    switch (wish) {
      case 'fit':
        this.#session.look({ isFollowing: false })
        this.fit()
        return
      case 'show':
        if (vin !== undefined) this.#goTo(vin)
        return
      case 'return':
        if (camera)
          this.map.jumpTo({ center: [camera.longitude, camera.latitude], zoom: camera.zoom })
    }
  }

  /** Shows all vehicles that are shown, wherever they are; in the past, all of their ways. */
  fit(isSmooth = true): void {
    const places = this.#session.view.mode === 'history' ? this.#past.ways() : this.#livePlaces()
    const [first] = places
    if (!first) return
    const bounds = places.reduce((box, place) => box.extend(place), new LngLatBounds(first, first))
    this.map.fitBounds(bounds, { padding: 60, maxZoom: closeZoom, animate: isSmooth })
  }

  #livePlaces(): [longitude: number, latitude: number][] {
    const { query, states } = this.#session.view
    const all = this.live.seen()
    const isFiltered = query !== '' || states.length > 0
    // One that went silent at the end of the world must not make the others small.
    const near = all.filter(({ state }) => state !== 'silent')
    return (isFiltered || near.length === 0 ? all : near).map(({ leg }) => toDegrees(leg.to))
  }

  /** Shows one vehicle, closer if it is far away. */
  #goTo(vin: string): void {
    const leg = this.legOf(vin)
    if (!leg) return
    const zoom = Math.max(this.map.getZoom(), closeZoom)
    this.map.easeTo({ center: toDegrees(leg.to), zoom, duration: 600 })
  }

  legOf(vin: string): Leg | undefined {
    if (this.#session.view.mode !== 'history') return this.live.legOf(vin)
    return this.#past.seen().find((one) => one.vin === vin)?.leg
  }

  /** Something has changed: the next frame shows it. */
  refresh(): void {
    if (this.#isStale) return
    this.#isStale = true
    requestAnimationFrame(() => {
      this.#isStale = false
      this.#show()
    })
  }

  #listen(past: Past): void {
    const session = this.#session
    const refresh = (): void => {
      this.refresh()
    }
    session.on('vehicles', (changed) => {
      this.live.take(changed, performance.now())
      this.refresh()
    })
    session.on('gone', (vins) => {
      this.live.forget(vins)
      this.refresh()
    })
    session.on('tick', refresh)
    session.on('view', refresh)
    past.on('change', refresh)
    this.map.on('zoomend', refresh)
  }

  #show(): void {
    const { mode, vin } = this.#session.view
    this.#seen = this.#clusters.join(mode === 'history' ? this.#past.seen() : this.live.seen())
    const chosen = this.#seen.find((one) => one.vin === vin)
    const arrows = this.#seen.map(toArrow)
    if (chosen) arrows.push({ ...toArrow(chosen), icon: ringIcon, size: 1.5 }, toArrow(chosen))
    this.#layer.show(arrows)
    if (mode === 'live') this.#pacer.runUntil(this.live.movingUntil, this.#pixelsPerSecond())
    this.#follow()
  }

  #drawFrame(): void {
    if (!this.#follow()) this.#layer.draw()
  }

  /** Keeps the vehicle that is followed in the middle; returns whether that has moved the map. */
  #follow(): boolean {
    const { isFollowing, vin } = this.#session.view
    const leg = isFollowing && vin !== undefined ? this.legOf(vin) : undefined
    if (!leg || this.map.isMoving()) return false
    this.map.jumpTo({ center: toDegrees(placeAt(leg, performance.now())) })
    return true
  }

  /** How fast a vehicle at 30 m/s crosses the screen. */
  #pixelsPerSecond(): number {
    const { worldSize } = cameraOf(this.map)
    return (30 / 40_075_017) * worldSize
  }
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
  map.addControl(new ScaleControl(), 'bottom-left')
  map.addControl(new NavigationControl({ showCompass: false }), 'bottom-left')
  return map
}

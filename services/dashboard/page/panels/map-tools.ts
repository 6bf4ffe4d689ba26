import type { FleetMap } from '../map/fleet-map.ts'
import { cameraOf } from '../map/arrows/arrow-layer.ts'
import { pickNearest, screenPositionOf } from '../map/pick.ts'
import { formatSpeed, formatVehicleName } from '../state/format.ts'
import type { Session } from '../state/session.ts'
import { button, byId, h, setText } from './dom.ts'

/** How often the camera is written to the view while the map follows a vehicle. */
const cameraIntervalMs = 1_000

/** Mouse and touch actions on the map: select a vehicle, open a cluster, show the whole fleet. */
export function startMapTools(session: Session, fleetMap: FleetMap): void {
  const { map } = fleetMap
  const fit = button('Show all vehicles', { class: 'button', 'aria-keyshortcuts': 'a' }, () => {
    session.emit('mapCommand', 'showAll')
  })
  byId('tools', HTMLElement).append(fit)
  map
    .getCanvas()
    .setAttribute('aria-label', 'Map of the fleet. The vehicle list contains the same vehicles.')
  map.on('click', ({ point }) => {
    const picked = pickNearest(fleetMap.drawnVehicles, point, cameraOf(map))
    if (picked) session.select(picked.vin)
    else if (!openCluster(fleetMap, point)) session.select(undefined)
  })
  map.on('dragstart', () => {
    if (session.view.isFollowing) session.updateView({ isFollowing: false })
  })
  let lastCameraUpdate = 0
  map.on('moveend', () => {
    // The map moves continuously while it follows a vehicle.
    if (session.view.isFollowing && performance.now() - lastCameraUpdate < cameraIntervalMs) return
    lastCameraUpdate = performance.now()
    const { lng, lat } = map.getCenter()
    session.updateView({ camera: { longitude: lng, latitude: lat, zoom: map.getZoom() } })
  })
  startLabel(session, fleetMap)
}

function openCluster({ map }: FleetMap, point: { x: number; y: number }): boolean {
  if (!map.getLayer('clusters')) return false
  const [cluster] = map.queryRenderedFeatures([point.x, point.y], { layers: ['clusters'] })
  if (cluster?.geometry.type !== 'Point') return false
  const [longitude = 0, latitude = 0] = cluster.geometry.coordinates
  const zoom = Number(cluster.properties['expansionZoom'])
  map.easeTo({ center: [longitude, latitude], zoom })
  return true
}

/** Shows the name of the vehicle under the pointer. */
function startLabel(session: Session, fleetMap: FleetMap): void {
  const { map } = fleetMap
  const [name, details] = [h('b', {}), h('span', {})]
  const label = h('div', { class: 'map-label', hidden: true, 'aria-hidden': 'true' }, name, details)
  map.getContainer().append(label)
  map.on('mousemove', ({ point }) => {
    const picked = pickNearest(fleetMap.drawnVehicles, point, cameraOf(map))
    map.getCanvas().style.cursor = picked ? 'pointer' : ''
    label.hidden = !picked
    if (!picked) return
    const known = session.fleet.get(picked.vin)
    setText(name, known ? formatVehicleName(known.vehicle) : picked.vin)
    const isLive = known && session.view.mode === 'live'
    setText(details, isLive ? `${picked.vin} · ${formatSpeed(known.vehicle.speed)}` : picked.vin)
    const { x, y } = screenPositionOf(picked.leg, cameraOf(map), performance.now())
    label.style.transform = `translate(${x.toFixed(0)}px, ${(y - 22).toFixed(0)}px) translate(-50%, -100%)`
  })
  map.on('mouseout', () => {
    label.hidden = true
  })
}

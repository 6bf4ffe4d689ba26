import type { FileState, TaskState } from '../../../ledger/tasks/task.ts'
import { fileStates, taskStates } from '../../../ledger/tasks/task.ts'
import type { VehicleActivity } from './vehicle-activity.ts'
import { vehicleActivities } from './vehicle-activity.ts'

export const modes = ['live', 'history', 'health', 'work', 'reports', 'devices'] as const
type Mode = (typeof modes)[number]

/** Whether the view shows the map and the list of vehicles. */
export const hasMap = ({ mode }: Pick<View, 'mode'>): boolean =>
  mode === 'live' || mode === 'history'

export const playbackRates = [1, 2, 5, 10, 30, 60] as const

type Camera = {
  readonly longitude: number
  readonly latitude: number
  readonly zoom: number
}

/** What the page shows. The whole view is in the URL, so that it can be shared. */
export type View = {
  readonly mode: Mode
  readonly camera: Camera | undefined
  readonly vin: string | undefined
  readonly isFollowing: boolean
  readonly query: string
  readonly states: readonly VehicleActivity[]
  /** The span of the history, milliseconds since the Unix epoch. */
  readonly span: { readonly from: number; readonly to: number } | undefined
  /** The playback time, milliseconds since the Unix epoch. */
  readonly time: number | undefined
  /** The playback speed; 1 = real time. */
  readonly rate: number
  /** Tasks and files of this pipeline are shown; undefined: of all. */
  readonly pipeline: string | undefined
  /** Tasks in this state are shown; undefined: in any. */
  readonly taskState: TaskState | undefined
  /** The id of the task that is open. */
  readonly task: number | undefined
  /** Files in this state are shown; undefined: in any. */
  readonly fileState: FileState | undefined
  /** The id of the file that is open. */
  readonly file: number | undefined
}

export const defaultView: View = {
  mode: 'live',
  camera: undefined,
  vin: undefined,
  isFollowing: false,
  query: '',
  states: [],
  span: undefined,
  time: undefined,
  rate: 10,
  pipeline: undefined,
  taskState: undefined,
  task: undefined,
  fileState: undefined,
  file: undefined,
}

/** Encodes a view as the fragment of a URL, without `#`. Default values are omitted. */
export function encodeView(view: View): string {
  const { camera, span } = view
  const fields = {
    at: camera && [camera.latitude.toFixed(5), camera.longitude.toFixed(5), camera.zoom.toFixed(2)],
    vin: view.vin,
    follow: view.isFollowing && '1',
    q: view.query,
    states: view.states.join(','),
    from: span && toIsoSeconds(span.from),
    to: span && toIsoSeconds(span.to),
    time: view.time !== undefined && toIsoSeconds(view.time),
    rate: view.rate !== defaultView.rate && view.rate,
    pipeline: view.pipeline,
    state: view.taskState,
    task: view.task,
    files: view.fileState,
    file: view.file,
  }
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== false && value !== '')
    .map(([name, value]) => `${name}=${encodeValue(String(value))}`)
  return parts.length === 0 ? `/${view.mode}` : `/${view.mode}?${parts.join('&')}`
}

/** Leaves `,` and `:` readable. */
const encodeValue = (text: string): string =>
  encodeURIComponent(text).replaceAll('%2C', ',').replaceAll('%3A', ':')

const toIsoSeconds = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z')

/** Whether a fragment contains a view. Other fragments name an element. An empty one is the default view. */
export function isViewFragment(fragment: string): boolean {
  return fragment === '' || fragment.startsWith('#/')
}

/** Decodes a view. Missing and invalid fields get their default. */
export function decodeView(fragment: string): View {
  const [path = '', ...rest] = fragment.replace(/^#/, '').split('?')
  const fields = new URLSearchParams(rest.join('?'))
  const vin = fields.get('vin') ?? undefined
  const span = spanOf(timeOf(fields.get('from')), timeOf(fields.get('to')))
  const rate = Number(fields.get('rate'))
  return {
    mode: modes.find((mode) => path === `/${mode}`) ?? defaultView.mode,
    camera: cameraOf(fields.get('at')),
    vin: vin === '' ? undefined : vin,
    isFollowing: fields.get('follow') === '1' && vin !== undefined,
    query: fields.get('q') ?? '',
    states: statesOf(fields.get('states')),
    span,
    time: span && timeOf(fields.get('time')),
    rate: playbackRates.find((known) => known === rate) ?? defaultView.rate,
    pipeline: fields.get('pipeline') || undefined,
    taskState: taskStates.find((known) => known === fields.get('state')),
    task: idOf(fields.get('task')),
    fileState: fileStates.find((known) => known === fields.get('files')),
    file: idOf(fields.get('file')),
  }
}

function cameraOf(text: string | null): Camera | undefined {
  const [latitude, longitude, zoom, ...more] = (text ?? '').split(',').map(Number)
  if (latitude === undefined || longitude === undefined || zoom === undefined) return undefined
  const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  const isZoom = zoom >= 0 && zoom <= 24
  return isOnEarth && isZoom && more.length === 0 ? { latitude, longitude, zoom } : undefined
}

function statesOf(text: string | null): VehicleActivity[] {
  const names = (text ?? '').split(',')
  return vehicleActivities.filter((state) => names.includes(state))
}

/** Whether a filter by state leaves out silent vehicles. An empty filter shows all states. */
export function hidesSilent(states: View['states']): boolean {
  return states.length > 0 && !states.includes('silent')
}

/** The filter with silent vehicles hidden or shown again; the other states stay as they are. */
export function withSilent(states: View['states'], isHidden: boolean): VehicleActivity[] {
  const shown = states.length > 0 ? states : vehicleActivities
  const next = vehicleActivities.filter((state) =>
    state === 'silent' ? !isHidden : shown.includes(state),
  )
  const others = vehicleActivities.filter((state) => state !== 'silent')
  if (next.length === 0) return others
  return next.length === vehicleActivities.length ? [] : next
}

function idOf(text: string | null): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text ?? '') ? Number(text) : undefined
}

function timeOf(text: string | null): number | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : at
}

function spanOf(from: number | undefined, to: number | undefined): View['span'] {
  return from !== undefined && to !== undefined && from < to ? { from, to } : undefined
}

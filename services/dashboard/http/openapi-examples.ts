import type { DeviceExamples } from '../devices/device-examples.ts'
import { deviceExamples } from '../devices/device-examples.ts'
import type { HealthWithHistory, Ledger } from '../api/health.ts'
import type { Tracks, VehicleTrack, VehicleTrips } from '../api/history.ts'
import type { PipelineDetails, Pipelines } from '../api/pipelines.ts'
import type { Report } from '../api/reports.ts'
import type { Settings } from '../api/settings.ts'
import type { File, Files, ManagerStatus, Upload } from '../api/files.ts'
import type { TaskDetails, TaskWorker, TaskWorkers, Tasks } from '../api/tasks.ts'
import type { Vehicle, Vehicles } from '../api/vehicles.ts'

/** Example responses for the OpenAPI document. */
type Examples = DeviceExamples & {
  readonly settings: Settings
  readonly vehicle: Vehicle
  readonly vehicles: Vehicles
  readonly track: VehicleTrack
  readonly trips: VehicleTrips
  readonly tracks: Tracks
  readonly report: Report
  readonly ledger: Ledger
  readonly health: HealthWithHistory
  readonly pipelines: Pipelines
  readonly pipeline: PipelineDetails
  readonly tasks: Tasks
  readonly task: TaskDetails
  readonly workers: TaskWorkers
  readonly worker: TaskWorker
  readonly files: Files
  readonly file: File
  readonly managerStatus: ManagerStatus
  readonly upload: Upload
}

const vehicle = {
  vin: '1AVTB2C37R0000042',
  recordedAt: '2026-01-31T12:00:00.250000Z',
  receivedAt: '2026-01-31T12:00:00.312000Z',
  latitude: 37.7209977,
  longitude: -122.4723053,
  speed: 12.5,
  heading: 90,
  altitude: 33.37,
  sequence: 1042,
  make: 'Toyota',
  model: 'RAV4',
  metadata: { battery: 0.82 },
  receipt: '1-3-1042',
  gaps: 0,
  name: 'Van 12',
  aliases: ['73829102'],
}

const span = { from: '2026-01-31T11:00:00.000000Z', to: '2026-01-31T12:00:00.000000Z' }
const points: VehicleTrack['points'] = [
  [1_769_857_200_000, -122.4723053, 37.7209977, 12.5, 90],
  [1_769_857_260_000, -122.4638, 37.7209977, 0, null],
]
const track = { vin: vehicle.vin, total: 61, isSimplified: true, points }

const counts = {
  settled: 1042,
  stored: 1040,
  updated: 0,
  duplicate: 1,
  deadLettered: 1,
  expired: 0,
  withoutRecord: 0,
  inFlight: 3,
  imbalance: 0,
}
const ledger = {
  isKnown: true,
  isBalanced: true,
  log: 1,
  partitions: [{ log: 1, partition: 0, ...counts }],
  total: counts,
  lastCheck: { checkedAt: '2026-01-31T11:58:00.000Z', rowImbalance: 0, ledgerImbalance: 0 },
}

const pipeline: Pipelines['pipelines'][number] = {
  name: 'classifieds',
  route: 'topic data → table classifieds',
  topic: 'data',
  table: 'classifieds',
  tasks: null,
  files: null,
  state: 'running',
  isEnabled: true,
  pauseReason: null,
  needsDecision: false,
  failure: null,
  fileFault: null,
  counts: {
    settled: 1043,
    stored: 1000,
    updated: 40,
    duplicate: 2,
    deadLettered: 1,
    openDeadLetters: 1,
  },
  rate: 12.5,
  lag: 3,
  latestDeadLetter: {
    reason: 'missing-field',
    detail: 'The field $.id is missing.',
    diedAt: '2026-01-31T11:30:00.000Z',
  },
}

const task: Tasks['tasks'][number] = {
  id: 17,
  pipeline: 'job',
  unit: 'api:summary-2026-01-30',
  method: 'fleet_daily_summary',
  state: 'running',
  isCancelRequested: false,
  attempt: 1,
  progress: 0.4,
  rows: null,
  worker: { id: 3, name: 'worker-0' },
  fault: null,
  madeAt: '2026-01-31T11:59:00.000Z',
  startedAt: '2026-01-31T11:59:00.100Z',
  endedAt: null,
}

const file: File = {
  id: 5,
  name: 'orders.csv',
  key: '01_inbox/orders.csv',
  pipeline: 'orders',
  state: 'running',
  isCancelRequested: false,
  size: 1_048_576,
  readBytes: 524_288,
  lines: 20_000,
  rows: null,
  rejected: null,
  attempt: 1,
  fault: null,
  detail: null,
  target: null,
  foundAt: '2026-01-31T11:59:58.000Z',
  modifiedAt: '2026-01-31T11:59:57.000Z',
  startedAt: '2026-01-31T11:59:59.000Z',
  endedAt: null,
  archivedAt: null,
  task: { id: 18, url: '/api/tasks/18' },
  hasErrors: false,
}

const worker: TaskWorker = {
  id: 3,
  name: 'worker-0',
  ip: '192.168.1.20',
  host: 'telemetry',
  start_date: '2026-01-31T08:00:00.000Z',
  total_processed: 1204,
  total_success: 1200,
  last_processed: '2026-01-31T11:58:59.900Z',
  state: 'working',
  current: [{ task: 17, pipeline: 'job', method: 'fleet_daily_summary', progress: 0.4 }],
  lag: 2,
}

export const examples: Examples = {
  settings: {
    map: {},
    origin: { latitude: 37.7749, longitude: -122.4194 },
    staleAfterSeconds: 15,
    silentAfterSeconds: 300,
    needsToken: false,
    eventsUrl: 'http://localhost:5001/events',
    ingress: { origins: ['http://192.0.2.7:5001'], isLoopback: false, needsToken: false },
  },
  vehicle,
  vehicles: { vehicles: [vehicle], next: null },
  track: { ...track, ...span },
  trips: {
    vin: vehicle.vin,
    ...span,
    trips: [
      {
        ...span,
        beganBefore: false,
        endsAfter: false,
        distance: 5900,
        maxSpeed: 13.9,
        meanSpeed: 9.8,
        start: [-122.4723, 37.721],
        end: [-122.4638, 37.721],
        readings: 600,
      },
    ],
    stops: [{ ...span, beganBefore: false, endsAfter: true, at: [-122.4638, 37.721] }],
  },
  tracks: { ...span, tracks: [track], next: null },
  report: {
    timeZone: 'Europe/Vienna',
    days: [
      {
        day: '2026-01-31',
        from: '2026-01-30T23:00:00.000000Z',
        to: '2026-01-31T23:00:00.000000Z',
        hours: 24,
        computedHours: 24,
      },
    ],
    rows: [
      {
        vin: vehicle.vin,
        name: vehicle.name,
        day: '2026-01-31',
        distanceMillimetres: 84_200_512,
        drivingMs: 7_260_000,
        idleMs: 78_000_000,
        stops: 9,
        maxSpeed: 27.8,
        meanSpeed: 11.598,
        readings: 86_400,
        gaps: 0,
      },
    ],
    next: null,
  },
  ledger,
  health: {
    services: [{ name: 'producer-0', up: true }],
    rates: { received: 1000.2, stored: 999.8 },
    latency: { p50: 62, p99: 210, receivedToStored: { p50: 40, p99: 180 } },
    lag: [3],
    deadLetters: [
      {
        reason: 'out-of-range',
        count: 1,
        latest: {
          receipt: '1-0-17',
          diedAt: '2026-01-31T11:30:00.000000Z',
          detail: 'speed 900 is outside [0, 500] m/s.',
          text: '{"vin":"TEST-1","speed":900}',
        },
      },
    ],
    ledger,
    history: {
      everySeconds: 10,
      at: [1_769_860_800_000],
      received: [1000.2],
      stored: [999.8],
      p50: [62],
      p99: [210],
      lag: [3],
    },
  },
  pipelines: { pipelines: [pipeline], workers: { configured: 1, up: 1 }, mayChange: true },
  pipeline: {
    ...pipeline,
    file: '/home/me/my-pipelines/pipelines/classifieds.toml',
    declaration: { name: 'classifieds', isEnabled: true },
    declaredAt: '2026-01-31T10:00:00.000Z',
    seenAt: '2026-01-31T11:59:55.000Z',
  },
  tasks: {
    tasks: [task],
    counts: [{ pipeline: 'job', state: 'running', count: 1 }],
    next: null,
    mayChange: true,
  },
  task: {
    ...task,
    params: '{"day":"2026-01-30"}',
    transactionKey: null,
    log: ['Read 42 vehicles.'],
  },
  workers: { workers: [worker] },
  worker,
  files: {
    files: [file],
    counts: [{ pipeline: 'orders', state: 'running', count: 1 }],
    inboxes: [{ pipeline: 'orders', folder: '01_inbox', match: ['*.csv'], mimetypes: [] }],
    next: null,
    maxUploadBytes: 1_000_000_000,
    mayChange: true,
  },
  file,
  managerStatus: { Queued: 0, Processing: 1, Complete: 0, Failed: 0, Canceled: 0, Unmatched: 0 },
  upload: { pipeline: 'orders', name: 'orders.csv', key: '01_inbox/orders.csv', size: 28 },
  ...deviceExamples,
}

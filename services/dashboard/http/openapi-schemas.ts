import type { Json } from '../../adapters/http/openapi.ts'
import { problemSchema } from '../../adapters/http/openapi.ts'
import { readingFields, vinField } from '../../telemetry/reading/fields.ts'
import type * as history from '../api/history.ts'
import type * as pipelines from '../api/pipelines.ts'
import type * as reports from '../api/reports.ts'
import type { Settings } from '../api/settings.ts'
import type { Vehicle, Vehicles } from '../api/vehicles.ts'
import type { Properties } from './schema-parts.ts'
import {
  count,
  flag,
  integer,
  list,
  number,
  object,
  orNull,
  ref,
  refOrNull,
  text,
  time,
} from './schema-parts.ts'
import { deviceSchemas } from '../devices/device-schemas.ts'
import { bucketSchemas } from '../files/file-schemas.ts'
import { healthSchemas } from '../health/health-schemas.ts'
import { taskSchemas } from './task-schemas.ts'

/**
 * The schemas of the dashboard's responses. Their properties are checked against the types of the
 * API: a property that is missing or too many is an error of tsc.
 */

const day: Json = { type: 'string', format: 'date' }

/** Type and range of a field of a reading. */
function readingField(name: string): Json {
  const field = readingFields.find((candidate) => candidate.name === name)
  if (field?.kind !== 'number') throw new Error(`a reading has no number ${name}`)
  const upper = field.excludesMaximum ? 'exclusiveMaximum' : 'maximum'
  return { type: 'number', minimum: field.minimum, [upper]: field.maximum }
}

const latitude = readingField('latitude')
const longitude = readingField('longitude')
const speed = orNull(readingField('speed'))
const heading = orNull(readingField('heading'))

/** An array with a fixed number of items. */
function tuple(items: readonly Json[], description: string): Json {
  const { length } = items
  return { type: 'array', prefixItems: items, minItems: length, maxItems: length, description }
}

const vin: Json = { type: 'string', pattern: vinField.pattern.source }
const next = { ...orNull(text), description: 'The cursor of the next page; null on the last page.' }

const vehicle = object<Vehicle>(
  {
    vin,
    recordedAt: time,
    receivedAt: time,
    latitude,
    longitude,
    speed,
    heading,
    altitude: orNull(readingField('altitude')),
    sequence: count,
    make: orNull(text),
    model: orNull(text),
    metadata: { type: ['object', 'null'] },
    receipt: orNull(text),
    gaps: count,
    name: { ...text, description: 'The name of its device. Left out without one.' },
    aliases: {
      ...list(text),
      description: 'Other ids that the app of its device sends. Left out without any.',
    },
  },
  ['name', 'aliases'],
)

/** Without the token, if one is required, a response has only `needsToken`. */
const settings = object<Settings>(
  {
    map: object<Settings['map']>({ tiles: text, pmtiles: text, attribution: text }, [
      'tiles',
      'pmtiles',
      'attribution',
    ]),
    origin: object<Settings['origin']>({ latitude, longitude }),
    staleAfterSeconds: integer,
    silentAfterSeconds: integer,
    needsToken: flag,
    eventsUrl: text,
    ingress: object<Settings['ingress']>({
      origins: list(text),
      isLoopback: flag,
      needsToken: flag,
    }),
  },
  ['map', 'origin', 'staleAfterSeconds', 'silentAfterSeconds', 'eventsUrl', 'ingress'],
)

const span = { from: time, to: time }
const position = tuple([longitude, latitude], 'Longitude and latitude.')
const point = tuple(
  [integer, longitude, latitude, speed, heading],
  'Milliseconds since the Unix epoch, longitude, latitude, speed and heading.',
)
const track: Properties<history.SimplifiedTrack> = {
  vin,
  points: list(point),
  total: count,
  isSimplified: flag,
}
const cutSpan = { ...span, beganBefore: flag, endsAfter: flag }

const trips = object<history.VehicleTrips>({
  vin,
  ...span,
  trips: list(
    object<history.Trip>({
      ...cutSpan,
      distance: { ...number, minimum: 0 },
      maxSpeed: { ...number, minimum: 0 },
      meanSpeed: { ...number, minimum: 0 },
      start: position,
      end: position,
      readings: count,
    }),
  ),
  stops: list(object<history.Stop>({ ...cutSpan, at: position })),
})

const report = object<reports.Report>({
  timeZone: text,
  days: list(
    object<reports.ReportDay>({
      day,
      ...span,
      hours: count,
      computedHours: count,
    }),
  ),
  rows: list(
    object<reports.ReportRow>({
      vin,
      name: { ...orNull(text), description: 'The name of its device; null without one.' },
      day,
      distanceMillimetres: count,
      drivingMs: count,
      idleMs: count,
      stops: count,
      maxSpeed: orNull({ ...number, minimum: 0 }),
      meanSpeed: orNull({ ...number, minimum: 0 }),
      readings: count,
      gaps: count,
    }),
  ),
  next,
})

const letter = object<NonNullable<pipelines.Pipeline['latestDeadLetter']>>({
  reason: text,
  detail: text,
  diedAt: time,
})
const taskCounts = object<NonNullable<pipelines.Pipeline['tasks']>>({
  ...{ queued: count, running: count, complete: count, failed: count, canceled: count },
})
const pipeline: Properties<pipelines.Pipeline> = {
  name: text,
  state: { enum: ['running', 'failing', 'not running', 'paused', 'disabled', 'reset'] },
  isEnabled: flag,
  pauseReason: orNull(text),
  needsDecision: flag,
  failure: orNull(text),
  fileFault: orNull(text),
  route: orNull(text),
  topic: orNull(text),
  table: orNull(text),
  tasks: refOrNull(taskCounts),
  files: refOrNull(
    object<pipelines.FilesOfPipeline>({
      ...{ inbox: text, processing: orNull(text), archive: text, error: text, canceled: text },
      ...{ match: list(text), mimetypes: list(text), counts: taskCounts },
    }),
  ),
  counts: object<pipelines.PipelineCounts>({
    settled: count,
    stored: count,
    updated: count,
    duplicate: count,
    deadLettered: count,
    openDeadLetters: count,
  }),
  rate: orNull({ ...number, minimum: 0 }),
  lag: orNull(count),
  latestDeadLetter: refOrNull(letter),
}

const geometryTypes = ['Point', 'MultiPoint', 'LineString', 'MultiLineString']
const feature: Json = {
  type: 'object',
  description: 'A Feature of RFC 7946. Times, speeds and headings are properties.',
  required: ['type', 'geometry', 'properties'],
  properties: {
    type: { const: 'Feature' },
    geometry: refOrNull({
      type: 'object',
      required: ['type', 'coordinates'],
      properties: { type: { enum: geometryTypes }, coordinates: { type: 'array' } },
    }),
    properties: { type: 'object' },
  },
}

export const schemas: Readonly<Record<string, Json>> = {
  Problem: problemSchema(),
  Settings: settings,
  Vehicle: vehicle,
  Vehicles: object<Vehicles>({ vehicles: list(ref('Vehicle')), next }),
  Track: object<history.VehicleTrack>({ ...track, ...span }),
  Tracks: object<history.Tracks>({
    ...span,
    tracks: list(object<history.SimplifiedTrack>(track)),
    next,
  }),
  Trips: trips,
  Report: report,
  ...healthSchemas,
  Pipelines: object<pipelines.Pipelines>({
    pipelines: list(object<pipelines.Pipeline>(pipeline)),
    workers: object<pipelines.Pipelines['workers']>({ configured: count, up: orNull(count) }),
    mayChange: flag,
  }),
  Pipeline: object<pipelines.PipelineDetails>({
    ...pipeline,
    file: text,
    declaration: { type: ['object', 'null'] },
    declaredAt: time,
    seenAt: time,
  }),
  ...taskSchemas,
  ...bucketSchemas,
  ...deviceSchemas,
  Feature: feature,
  FeatureCollection: {
    type: 'object',
    required: ['type', 'features'],
    properties: { type: { const: 'FeatureCollection' }, features: list(ref('Feature')) },
  },
}

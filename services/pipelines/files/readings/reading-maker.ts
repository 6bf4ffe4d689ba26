import { distanceBetween } from '../../../telemetry/track/distance.ts'
import { toAltitudeReference } from '../../../telemetry/reading/altitude-reference.ts'
import { parseIsoMicroseconds } from '../../../telemetry/time.ts'
import type { PlannedField } from './field-plan.ts'
import { TimeFault, toReadingTime } from './reading-time.ts'
import type { ReadingsStep } from './readings-step.ts'
import { unitFactors } from './readings-step.ts'

/** A reading as the ingress accepts it. */
export type ReadingToSend = Readonly<Record<string, unknown>> & { readonly vin: string }

export type MadeReading =
  | { readonly kind: 'reading'; readonly reading: ReadingToSend; readonly isSpeedComputed: boolean }
  /** A waypoint or a point of a route, which no vehicle has recorded. */
  | { readonly kind: 'left-out' }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }

/** The last position of a vehicle. */
type Position = {
  readonly micros: number
  readonly latitude: number
  readonly longitude: number
  readonly segment: string
}

const microsPerSecond = 1_000_000
/** Nothing is known about the movement over a longer gap. */
const longestGapMicros = 60 * microsPerSecond
/** The greatest speed that the ingress accepts, in metres a second. */
const greatestSpeed = 500

class Refused extends Error {
  readonly code: string
  constructor(code: string, detail: string) {
    super(detail)
    this.code = code
  }
}

type Texts = ReadonlyMap<PlannedField['field'], string>

/**
 * Makes readings of the records of a file. The same file gives the same readings each time: a reading without a
 * sequence has the number of its line. So a reading that is sent twice is stored once.
 */
export class ReadingMaker {
  readonly #vin: string | undefined
  readonly #offset: string | undefined
  readonly #factors: ReadonlyMap<string, number>
  readonly #last = new Map<string, Position>()

  /** @param vin of all readings; undefined if each record names its vehicle */
  constructor(
    { offset }: Pick<ReadingsStep, 'offset'>,
    plan: readonly PlannedField[],
    vin: string | undefined,
  ) {
    this.#vin = vin
    this.#offset = offset
    this.#factors = new Map(
      plan.map(({ field, unit }) => [field, unit === undefined ? 1 : unitFactors[unit]]),
    )
  }

  make(texts: Texts, line: number): MadeReading {
    const kind = texts.get('kind')
    if (kind !== undefined && kind !== 'trkpt') return { kind: 'left-out' }
    try {
      return this.#make(texts, line)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { kind: 'refused', code: error.code, detail: error.message }
    }
  }

  #make(texts: Texts, line: number): MadeReading {
    const vin = this.#vin ?? required(texts, 'vehicle')
    const timestamp = this.#timeOf(required(texts, 'timestamp'))
    const place = {
      latitude: toNumber('latitude', required(texts, 'latitude')),
      longitude: toNumber('longitude', required(texts, 'longitude')),
    }
    const altitude = this.#number(texts, 'altitude')
    const heading = unlessUnknown(this.#number(texts, 'heading'))
    const given = unlessUnknown(this.#number(texts, 'speed'))
    const segment = `${texts.get('track') ?? ''}/${texts.get('segment') ?? ''}`
    const computed = this.#speedTo(vin, { ...place, segment, timestamp })
    const reading = {
      ...{ vin, timestamp, ...place, speed: given ?? computed },
      sequence: this.#number(texts, 'sequence') ?? line,
      ...(altitude !== undefined && { altitude, ...metadataOf(texts) }),
      ...(heading !== undefined && { heading: heading === 360 ? 0 : heading }),
      ...textOf(texts, 'make'),
      ...textOf(texts, 'model'),
    }
    return { kind: 'reading', reading, isSpeedComputed: given === undefined }
  }

  #timeOf(text: string): string {
    const time = toReadingTime(text, this.#offset)
    if (time instanceof TimeFault) throw new Refused('invalid-timestamp', `The time ${time.detail}`)
    return time
  }

  #number(texts: Texts, field: 'altitude' | 'speed' | 'heading' | 'sequence'): number | undefined {
    const text = texts.get(field)
    if (text === undefined) return undefined
    const factor = this.#factors.get(field) ?? 1
    const number = toNumber(field, text)
    // Unknown values have no unit.
    return number === unknownMotion || factor === 1 ? number : rounded(number * factor)
  }

  /** The speed of the movement from the last position, in metres a second; 0 if it is not known. */
  #speedTo(vin: string, next: Omit<Position, 'micros'> & { readonly timestamp: string }): number {
    const micros = parseIsoMicroseconds(next.timestamp)
    const last = this.#last.get(vin)
    if (micros === undefined) return 0
    this.#last.set(vin, { ...next, micros })
    const passed = micros - (last?.micros ?? micros)
    if (last?.segment !== next.segment || passed <= 0 || passed > longestGapMicros) return 0
    const speed = distanceBetween(last, next) / (passed / microsPerSecond)
    return rounded(Math.min(greatestSpeed, speed))
  }
}

function required(texts: Texts, field: PlannedField['field']): string {
  const text = texts.get(field)
  if (text !== undefined) return text
  const noun = field === 'timestamp' ? 'time' : field
  throw new Refused('missing-field', `The record has no ${noun}.`)
}

const numberPattern = /^[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?$/

function toNumber(field: string, text: string): number {
  if (numberPattern.test(text)) return Number(text.replace(',', '.'))
  const shown = JSON.stringify(text.slice(0, 80))
  throw new Refused('wrong-type', `The ${field} is ${shown}; expected a number.`)
}

/** Phones write -1 for a speed or a heading that they do not know. */
const unknownMotion = -1
const unlessUnknown = (value: number | undefined): number | undefined =>
  value === unknownMotion ? undefined : value

const digits = 1_000
const rounded = (value: number): number => Math.round(value * digits) / digits

/** Some programs write altitudes above sea level, others above the ellipsoid, and most do not say it. */
function metadataOf(texts: Texts): object {
  const reference = toAltitudeReference(texts.get('altitude_reference') ?? 'unknown')
  return reference === 'ellipsoid' ? {} : { metadata: { altitudeReference: reference } }
}

function textOf(texts: Texts, field: 'make' | 'model'): object {
  const text = texts.get(field)
  return text === undefined ? {} : { [field]: text }
}

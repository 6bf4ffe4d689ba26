import { toUtcTime } from './gpx-time.ts'

/** A point of a GPX file as a record. Values are undefined if the file has none. */
export type GpxPoint = {
  readonly kind: 'trkpt' | 'rtept' | 'wpt'
  /** Numbers of the track in the file, and of the segment in the track. The first one is 1. */
  readonly track?: number
  readonly segment?: number
  readonly route?: number
  /** The name of the track or route. */
  readonly track_name?: string | undefined
  readonly [field: string]: unknown
}

/** The elements of a point that are numbers (GPX 1.0 and 1.1). */
const numbers = [
  ...['ele', 'speed', 'course', 'magvar', 'geoidheight', 'sat', 'hdop', 'vdop', 'pdop'],
  ...['ageofdgpsdata', 'dgpsid'],
]
const texts = ['name', 'cmt', 'desc', 'src', 'sym', 'type', 'fix']

/**
 * Where programs write values that a point of GPX 1.1 does not have. Garmin's extension has `speed` and `course`,
 * OsmAnd writes `bearing`, GeoTracker writes the attributes `s` and `c` of `meta`.
 */
const placesInExtensions: Readonly<Record<string, readonly string[]>> = {
  speed: ['speed', 'meta.s'],
  course: ['course', 'bearing', 'heading', 'meta.c'],
  hdop: ['hdop'],
  sat: ['sat', 'satellites'],
}

const maxExtensions = 100

/** A point whose element is open. */
export class OpenPoint {
  /** The number of open elements, with the one of the point. */
  readonly depth: number
  readonly #fields = new Map<string, unknown>()
  /** By the name of the element, or of the element and its attribute. The first one counts. */
  readonly #extensions = new Map<string, string>()

  constructor(
    { depth, ...place }: Pick<GpxPoint, 'kind'> & { readonly depth: number },
    attributes: Readonly<Record<string, string>>,
  ) {
    this.depth = depth
    for (const [name, value] of Object.entries(place)) this.#fields.set(name, value)
    for (const name of ['lat', 'lon'] as const) {
      const value = attributes[name]
      if (value !== undefined) this.#fields.set(name, toNumber(value))
    }
  }

  /** @param open the names of the open elements */
  openElement(open: readonly string[], attributes: Readonly<Record<string, string>>): void {
    if (!this.#isInExtensions(open)) return
    const name = open.at(-1) ?? ''
    for (const [attribute, value] of Object.entries(attributes)) {
      if (!attribute.startsWith('xmlns')) this.#addExtension(`${name}.${attribute}`, value)
    }
  }

  closeElement(open: readonly string[], text: string): void {
    const name = open.at(-1) ?? ''
    if (text === '' || name === 'extensions') return
    if (this.#isInExtensions(open)) this.#addExtension(name, text)
    // GPX 1.0 allows elements of other namespaces directly in the point.
    else if (open.length === this.depth + 1) this.#addElement(name, text)
  }

  /** @param reference what the elevations of the track are above */
  complete(reference: string | undefined): GpxPoint {
    for (const [field, places] of Object.entries(placesInExtensions)) {
      const found = places.find((place) => this.#extensions.has(place))
      if (found !== undefined && !this.#fields.has(field))
        this.#fields.set(field, toNumber(this.#extensions.get(found) ?? ''))
    }
    if (reference !== undefined) this.#addExtension('altitudeReference', reference)
    const extensions =
      this.#extensions.size === 0 ? {} : { extensions: Object.fromEntries(this.#extensions) }
    return { ...Object.fromEntries(this.#fields), ...extensions } as GpxPoint
  }

  #isInExtensions(open: readonly string[]): boolean {
    return open[this.depth] === 'extensions'
  }

  #addElement(name: string, text: string): void {
    if (this.#fields.has(name)) return
    if (name === 'time') this.#fields.set(name, toUtcTime(text))
    else if (numbers.includes(name)) this.#fields.set(name, toNumber(text))
    else if (texts.includes(name)) this.#fields.set(name, text)
    else this.#addExtension(name, text)
  }

  #addExtension(name: string, text: string): void {
    if (this.#extensions.has(name) || this.#extensions.size >= maxExtensions) return
    this.#extensions.set(name, text)
  }
}

const numberPattern = /^\s*\+?(-?)(\d*)\.?(\d*)((?:[eE][+-]?\d+)?)\s*$/

/** A number of XML as JSON has it; the text itself if it is no number, so that its column refuses it. */
function toNumber(text: string): string {
  const parts = numberPattern.exec(text)
  if (parts === null) return text.trim()
  const [, sign = '', whole = '', fraction = '', exponent = ''] = parts
  if (whole === '' && fraction === '') return text.trim()
  return `${sign}${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}${exponent}`
}

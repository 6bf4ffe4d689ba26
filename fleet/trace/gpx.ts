import type { SaxesTagPlain } from 'saxes'
import { SaxesParser } from 'saxes'
import type { FixTexts } from './fix.ts'
import { TraceError } from './trace-error.ts'

const namesOfSpeed = ['speed']
/** Garmin's extension has `course`, OsmAnd writes `bearing`. */
const namesOfHeading = ['course', 'bearing']
/** In our own files: what the elevations of a track, or of one point, are above. */
const nameOfReference = 'altitudeReference'
const namesInPoint = ['time', 'ele', ...namesOfSpeed, ...namesOfHeading, nameOfReference]
/** Some programs write elevations above sea level, others above the ellipsoid. */
const defaultReference = 'unknown'

/**
 * Reads the track points of a GPX 1.0 or 1.1 file (topografix.com/GPX/1/1), all tracks and segments
 * in order. The speed, in m/s, and the course come from the point itself (GPX 1.0) or from any of
 * its extensions.
 *
 * @param file its name, for error messages
 * @throws TraceError naming the line
 */
export function readGpx(text: string, file: string): FixTexts[] {
  const reader = new GpxReader(file)
  reader.read(text)
  return reader.points
}

/** The texts of the elements in a track point, by the name without prefix; the first one counts. */
type OpenPoint = {
  readonly place: string
  readonly attributes: Readonly<Record<string, string>>
  readonly texts: Map<string, string>
}

class GpxReader {
  readonly points: FixTexts[] = []
  readonly #file: string
  readonly #parser = new SaxesParser()
  /** Names of the open elements, without prefix. */
  readonly #open: string[] = []
  #segment = 0
  /** Of the current track. */
  #reference = defaultReference
  #point: OpenPoint | undefined
  #text = ''
  /** Points that have no time by definition. */
  #timeless = 0

  constructor(file: string) {
    this.#file = file
    this.#parser.on('opentag', (tag) => {
      this.#openElement(tag)
    })
    this.#parser.on('closetag', () => {
      this.#closeElement()
    })
    const addText = (text: string): void => {
      if (this.#point !== undefined || this.#open.at(-1) === nameOfReference) this.#text += text
    }
    this.#parser.on('doctype', () => {
      const problem = 'the file has a document type declaration (DOCTYPE)'
      throw this.#error(`line ${this.#parser.line}`, problem, 'XML without DOCTYPE and entities')
    })
    this.#parser.on('text', addText)
    this.#parser.on('cdata', addText)
  }

  read(text: string): void {
    this.#parser.on('error', ({ message }) => {
      // The message begins with the line and the column.
      const problem = message.replace(/^\d+:\d+: |\.$/g, '')
      throw this.#error(`line ${this.#parser.line}`, problem, 'well-formed XML')
    })
    this.#parser.write(text)
    this.#parser.on('error', () => {
      throw this.#endError(text)
    })
    this.#parser.close()
    if (this.points.length === 0 && this.#timeless > 0) {
      const problem = `it has ${this.#timeless} waypoints and route points and no track point`
      throw this.#error('', problem, 'a file with track points (trkpt), which have times')
    }
  }

  /** The file ends before its last element is closed. */
  #endError(text: string): TraceError {
    const line = `line ${text.trimEnd().split('\n').length}`
    const element = this.#open.at(-1)
    const problem =
      element === undefined ? 'the file ends too early' : `the file ends within <${element}>`
    return this.#error(line, problem, 'a complete file that ends with </gpx>')
  }

  #error(line: string, problem: string, expected: string): TraceError {
    const place = line === '' ? this.#file : `${this.#file}, ${line}`
    return new TraceError({ place, problem, expected })
  }

  #openElement(tag: SaxesTagPlain): void {
    const name = withoutPrefix(tag.name)
    if (this.#open.length === 0 && name !== 'gpx') {
      const line = `line ${this.#parser.line}`
      throw this.#error(line, `the first element is <${name}>`, '<gpx>, of GPX 1.0 or 1.1')
    }
    this.#open.push(name)
    if (name === 'trk') this.#reference = defaultReference
    if (name === 'trkseg') this.#segment += 1
    if (name === 'wpt' || name === 'rtept') this.#timeless += 1
    if (name === 'trkpt') {
      const place = `${this.#file}, line ${this.#parser.line} (point ${this.points.length + 1})`
      this.#point = { place, attributes: tag.attributes, texts: new Map() }
    }
    this.#text = ''
  }

  #closeElement(): void {
    const name = this.#open.pop() ?? ''
    const point = this.#point
    if (point === undefined) {
      if (name === nameOfReference) this.#reference = this.#text
      return
    }
    if (name === 'trkpt') {
      const reference = point.texts.get(nameOfReference) ?? this.#reference
      this.points.push({ ...toTexts(point, this.#segment), altitudeReference: reference })
      this.#point = undefined
    } else if (namesInPoint.includes(name) && this.#text.trim() !== '' && !point.texts.has(name)) {
      point.texts.set(name, this.#text)
    }
    this.#text = ''
  }
}

function toTexts(
  { place, attributes, texts }: OpenPoint,
  segment: number,
): Omit<FixTexts, 'altitudeReference'> {
  const first = (names: readonly string[]): string | undefined =>
    names.flatMap((name) => texts.get(name) ?? [])[0]
  return {
    place,
    segment,
    timestamp: texts.get('time'),
    latitude: attributes['lat'],
    longitude: attributes['lon'],
    altitude: texts.get('ele'),
    speed: first(namesOfSpeed),
    heading: first(namesOfHeading),
  }
}

function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

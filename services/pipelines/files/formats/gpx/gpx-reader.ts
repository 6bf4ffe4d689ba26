import type { SaxesTagPlain } from 'saxes'
import { SaxesParser } from 'saxes'
import { FileFault } from '../../file-fault.ts'
import type { GpxPoint } from './gpx-point.ts'
import { OpenPoint } from './gpx-point.ts'

/** A text between two tags that has more characters is refused. */
const maxCharacters = 1_048_576
const maxDepth = 100
const pointElements = ['trkpt', 'rtept', 'wpt'] as const
type PointElement = (typeof pointElements)[number]

/**
 * Reads the points of a GPX file part by part. Elements are known by their names without prefix, because each program
 * chooses its own prefixes and namespaces. Entities are not expanded: a document type declaration is refused.
 */
export class GpxReader {
  readonly #parser = new SaxesParser()
  /** The names of the open elements, without prefix. */
  readonly #open: string[] = []
  #points: GpxPoint[] = []
  #point: OpenPoint | undefined
  #text = ''
  #track = 0
  #segment = 0
  #route = 0
  /** The name of the current track or route. */
  #name: string | undefined
  /** What the elevations of the track are above, in files that this platform has exported. */
  #reference: string | undefined
  #charactersSinceElement = 0

  constructor() {
    const parser = this.#parser
    parser.on('opentag', (tag) => {
      this.#openElement(tag)
    })
    parser.on('closetag', () => {
      this.#closeElement()
    })
    parser.on('doctype', () => {
      throw this.#fault('it has a document type declaration (DOCTYPE), which is not read')
    })
    parser.on('text', (text) => (this.#text += text))
    parser.on('cdata', (text) => (this.#text += text))
    parser.on('error', ({ message }) => {
      // The message begins with the line and the column.
      throw this.#fault(message.replace(/^\d+:\d+: |\.$/g, ''))
    })
  }

  /** Reads the next part of the text. @returns the points that it completes @throws FileFault */
  read(text: string): GpxPoint[] {
    this.#charactersSinceElement += text.length
    this.#parser.write(text)
    if (this.#charactersSinceElement > maxCharacters + text.length)
      throw this.#fault(`it has a text of more than ${maxCharacters} characters`)
    return this.#take()
  }

  /** @param text the last part */
  end(text: string): GpxPoint[] {
    const points = this.read(text)
    const element = this.#open.at(-1)
    if (element !== undefined)
      throw new FileFault(`The file is not complete: it ends within <${element}>.`)
    this.#parser.on('error', ({ message }) => {
      throw new FileFault(
        `The file is not a GPX file: ${message.replace(/^\d+:\d+: |\.$/g, '')}; expected <gpx>.`,
      )
    })
    this.#parser.close()
    return [...points, ...this.#take()]
  }

  #take(): GpxPoint[] {
    const points = this.#points
    this.#points = []
    return points
  }

  #fault(problem: string): FileFault {
    return new FileFault(`The file is not a GPX file: in line ${this.#parser.line} ${problem}.`)
  }

  #openElement({ name: fullName, attributes }: SaxesTagPlain): void {
    const name = withoutPrefix(fullName)
    this.#charactersSinceElement = 0
    if (this.#open.length === 0 && name !== 'gpx')
      throw this.#fault(`the first element is <${name}>; expected <gpx>`)
    this.#open.push(name)
    if (this.#open.length > maxDepth)
      throw this.#fault(`elements are nested more than ${maxDepth} levels deep`)
    this.#text = ''
    if (this.#point !== undefined) this.#point.openElement(this.#open, attributes)
    else this.#beginPart(name, attributes)
  }

  #beginPart(name: string, attributes: Record<string, string>): void {
    if (name === 'trk') [this.#track, this.#segment] = [this.#track + 1, 0]
    if (name === 'rte') this.#route += 1
    if (name === 'trk' || name === 'rte') [this.#name, this.#reference] = [undefined, undefined]
    if (name === 'trkseg') this.#segment += 1
    const kind = pointElements.find((each) => each === name)
    if (kind === undefined) return
    this.#point = new OpenPoint(
      { kind, ...this.#placeOf(kind), depth: this.#open.length },
      attributes,
    )
  }

  #placeOf(kind: PointElement): Partial<GpxPoint> {
    switch (kind) {
      case 'trkpt':
        return { track: this.#track, segment: this.#segment, track_name: this.#name }
      case 'rtept':
        return { route: this.#route, track_name: this.#name }
      case 'wpt':
        return {}
      default:
        return kind satisfies never
    }
  }

  #closeElement(): void {
    this.#charactersSinceElement = 0
    const text = this.#text.trim()
    this.#text = ''
    const name = this.#open.at(-1) ?? ''
    const point = this.#point
    if (point === undefined) this.#closePart(name, text)
    else if (this.#open.length === point.depth) {
      this.#points.push(point.complete(this.#reference))
      this.#point = undefined
    } else point.closeElement(this.#open, text)
    this.#open.pop()
  }

  #closePart(name: string, text: string): void {
    const parent = this.#open.at(-2)
    if (name === 'name' && (parent === 'trk' || parent === 'rte')) this.#name = text
    if (name === 'altitudeReference') this.#reference = text
  }
}

const withoutPrefix = (name: string): string => name.slice(name.indexOf(':') + 1)

import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { FixTexts } from './fix.ts'
import { TraceError } from './trace-error.ts'

type XmlElement = { readonly [name: string]: XmlNode | undefined }
type XmlNode = string | XmlElement | readonly XmlNode[]

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
})

/**
 * Reads the track points of a GPX 1.1 file (topografix.com/GPX/1/1), all tracks and segments in
 * order. Speed and course come from Garmin's TrackPointExtension, if present.
 *
 * @param file its name, for error messages
 * @throws TraceError naming the line or the point
 */
export function readGpx(text: string, file: string): FixTexts[] {
  requireWellFormed(text, file)
  const document = parser.parse(text) as XmlElement
  const gpx = child(document, 'gpx')
  if (gpx === undefined) {
    throw new TraceError({
      place: file,
      problem: 'the element gpx is missing',
      expected: 'GPX 1.1',
    })
  }
  return children(gpx, 'trk')
    .flatMap((track) => children(track, 'trkseg'))
    .flatMap((segment) => children(segment, 'trkpt'))
    .map((point, at) => toTexts(point, `${file}, point ${at + 1}`))
}

/** Needed because the parser accepts an incomplete file without an error. */
function requireWellFormed(text: string, file: string): void {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is another package
  const valid = XMLValidator.validate(text)
  if (valid === true) return
  const { line, msg } = valid.err
  throw new TraceError({
    place: `${file}, line ${line}`,
    problem: msg,
    expected: 'well-formed XML',
  })
}

function toTexts(point: XmlElement, place: string): FixTexts {
  const extension = child(child(point, 'extensions'), 'TrackPointExtension')
  return {
    place,
    timestamp: content(point, 'time'),
    latitude: content(point, 'lat'),
    longitude: content(point, 'lon'),
    altitude: content(point, 'ele'),
    speed: content(extension, 'speed'),
    heading: content(extension, 'course'),
  }
}

function children(element: XmlElement, name: string): XmlElement[] {
  const node = element[name]
  const nodes: readonly XmlNode[] = node === undefined ? [] : isList(node) ? node : [node]
  return nodes.filter(isElement)
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element && children(element, name)[0]
}

function content(element: XmlElement | undefined, name: string): string | undefined {
  const node = element?.[name]
  return typeof node === 'string' ? node : undefined
}

function isElement(node: XmlNode): node is XmlElement {
  return typeof node === 'object' && !isList(node)
}

function isList(node: XmlNode): node is readonly XmlNode[] {
  return Array.isArray(node)
}

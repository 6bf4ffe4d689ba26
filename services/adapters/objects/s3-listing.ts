import { SaxesParser } from 'saxes'

/** One page of a listing: the response of ListObjectsV2. */
export type ListingPage = {
  readonly objects: readonly ListedObject[]
  /** The begins of keys up to a `/`, of objects that are left out. */
  readonly prefixes: readonly string[]
  /** Continues the listing; undefined on the last page. */
  readonly next: string | undefined
}

type ListedObject = {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly modifiedAt: Date
}

/**
 * Reads the XML of ListObjectsV2 (Amazon S3 API Reference). The parser of the client library changes
 * names: it removes spaces at their ends, decodes `%` where the server has not encoded it, and keeps
 * `&#10;`.
 *
 * @throws Error if the text is not such a document
 */
export function parseListing(xml: string): ListingPage {
  const top = new Map<string, string>()
  const contents: Map<string, string>[] = []
  const prefixes: string[] = []
  const parser = new SaxesParser()
  const path: string[] = []
  let text = ''
  parser.on('opentag', ({ name }) => {
    path.push(name)
    text = ''
    if (path.length === 2 && name === 'Contents') contents.push(new Map())
  })
  parser.on('text', (part) => (text += part))
  parser.on('closetag', () => {
    const [, parent = '', name = ''] = path
    if (path.length === 2) top.set(parent, text)
    if (path.length === 3 && parent === 'CommonPrefixes' && name === 'Prefix') prefixes.push(text)
    if (path.length === 3 && parent === 'Contents') contents.at(-1)?.set(name, text)
    path.pop()
    text = ''
  })
  parser.write(xml).close()
  if (!top.has('IsTruncated')) throw new Error(`The S3 server answered ${xml.slice(0, 200)}`)
  const decode = top.get('EncodingType') === 'url' ? decodeUrl : (key: string) => key
  return {
    objects: contents.map((fields) => toListed(fields, decode)),
    prefixes: prefixes.map(decode),
    next: top.get('IsTruncated') === 'true' ? top.get('NextContinuationToken') : undefined,
  }
}

function toListed(
  fields: ReadonlyMap<string, string>,
  decode: (key: string) => string,
): ListedObject {
  return {
    key: decode(fields.get('Key') ?? ''),
    size: Number(fields.get('Size')),
    etag: fields.get('ETag') ?? '',
    modifiedAt: new Date(fields.get('LastModified') ?? ''),
  }
}

/** Servers encode a space as `+` or `%20`, and a plus sign always as `%2B`. */
const decodeUrl = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

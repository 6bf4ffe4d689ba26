import type { IncomingHttpHeaders } from 'node:http'

/** The head of a plain request: its request line and headers. */
export type PlainHead = {
  /** By name in lower case, like those of `IncomingMessage`. */
  readonly headers: IncomingHttpHeaders
  readonly bodyBytes: number
}

/** Larger heads and bodies are not plain. */
const maxHeadBytes = 2_048
const maxBodyBytes = 4_096
const endOfHead = '\r\n\r\n'
/** Stricter than RFC 9112: one space or none after the colon, no space at the end, only visible ASCII. */
const headerPattern = /^([A-Za-z-]+): ?([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/
/** A request with any other header is not plain. Those without a pattern may have any value. */
const allowedValues: ReadonlyMap<string, RegExp> = new Map([
  ['content-length', /^[1-9]\d{0,3}$/],
  ['content-type', /^application\/json$/],
  ['connection', /^keep-alive$/i],
  ...['host', 'authorization', 'user-agent', 'accept', 'accept-encoding'].map(anyValue),
  // `fetch` of Node.js sends these two.
  ...['accept-language', 'sec-fetch-mode'].map(anyValue),
])

function anyValue(name: string): [string, RegExp] {
  return [name, /^/]
}

/** Clients send the same few heads again and again. About 4 MB at most. */
const maxKeptHeads = 1_000

export type PlainHeadOptions = {
  /** The path of the requests; all have the method POST. */
  readonly path: string
  /** Whether requests with these headers are served at all. Asked once for many requests with the same head. */
  readonly isAccepted: (headers: IncomingHttpHeaders) => boolean
}

/** Recognizes the heads of plain requests. */
export class PlainHeads {
  readonly #options: PlainHeadOptions
  readonly #requestLine: string
  readonly #kept = new Map<string, PlainHead>()

  constructor(options: PlainHeadOptions) {
    this.#options = options
    this.#requestLine = `POST ${options.path} HTTP/1.1`
  }

  /** The head and the body if the bytes are exactly one plain request. */
  read(
    bytes: Buffer,
  ): { readonly headers: IncomingHttpHeaders; readonly body: Buffer } | undefined {
    const end = bytes.indexOf(endOfHead)
    if (end === -1 || end > maxHeadBytes) return undefined
    const text = bytes.toString('latin1', 0, end)
    const head = this.#kept.get(text) ?? this.#parse(text)
    const bodyAt = end + endOfHead.length
    if (head === undefined || bytes.length !== bodyAt + head.bodyBytes) return undefined
    return { headers: head.headers, body: bytes.subarray(bodyAt) }
  }

  #parse(text: string): PlainHead | undefined {
    const [requestLine, ...lines] = text.split('\r\n')
    if (requestLine !== this.#requestLine) return undefined
    const headers = parseHeaders(lines)
    if (headers === undefined || !this.#options.isAccepted(headers)) return undefined
    const head = { headers, bodyBytes: Number(headers['content-length']) }
    if (head.bodyBytes > maxBodyBytes) return undefined
    if (this.#kept.size >= maxKeptHeads) this.#kept.clear()
    this.#kept.set(text, head)
    return head
  }
}

/** Undefined if a header is unknown, written in an unusual way, repeated or missing. */
function parseHeaders(lines: readonly string[]): IncomingHttpHeaders | undefined {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, written = '', value = ''] = headerPattern.exec(line) ?? []
    const name = written.toLowerCase()
    if (allowedValues.get(name)?.test(value) !== true || name in headers) return undefined
    headers[name] = value
  }
  const isComplete = ['host', 'content-type', 'content-length'].every((name) => name in headers)
  return isComplete ? headers : undefined
}

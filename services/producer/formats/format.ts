import type { IncomingHttpHeaders } from 'node:http'
import type { DeviceRefusal } from '../../telemetry/reading/reading.ts'

/** What a phone or tracker has sent. A format gets only requests that are allowed. */
export type DeviceRequest = {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** Without a token. */
  readonly query: URLSearchParams
  readonly body: Uint8Array
}

/** The fields of a reading as `parseReading` takes them. A field that the device does not know is missing. */
export type ReadingFields = Readonly<Record<string, unknown>>

/** One position of a request. It is accepted or refused independently of the others. */
export type DeviceMessage =
  | { readonly kind: 'reading'; readonly fields: ReadingFields; readonly original: Original }
  | { readonly kind: 'refused'; readonly refusal: DeviceRefusal; readonly original: Original }
  /** A heartbeat, an alarm, a setting: nothing is stored. */
  | { readonly kind: 'without-position' }

/** What a dead letter keeps of a message. */
export type Original = {
  /** The id that the device sends; undefined if the message has none. */
  readonly deviceId: string | undefined
  readonly value: string | Uint8Array
}

/** The body of a 2xx response. Some clients repeat the request if it is another one. */
export type DeviceAnswer = { readonly contentType: string; readonly body: string }

/** A format of phones and trackers. Adding one is adding a file and a line in `all-formats.ts`. */
export type DeviceFormat = {
  /** The last part of the path `/devices/NAME`, and the label `format` of the metrics. */
  readonly name: string
  readonly methods: readonly string[]
  /** The level of nesting of the positions in a JSON body. */
  readonly levelOfPositions: number
  readonly read: (request: DeviceRequest) => readonly DeviceMessage[]
  readonly answer: DeviceAnswer
}

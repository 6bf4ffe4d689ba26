import type { IncomingHttpHeaders } from 'node:http'
import type { DeviceRefusal } from '../../telemetry/reading/reading.ts'

/** What a phone or tracker has sent. Authentication comes before: a format never sees a request that is not allowed. */
export type DeviceRequest = {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** Without a token. */
  readonly query: URLSearchParams
  readonly body: Uint8Array
}

/** The fields of a reading as `parseReading` takes them. A field that the device does not know is missing. */
export type ReadingFields = Readonly<Record<string, unknown>>

/** One position of a request, which is settled without regard to the others. */
export type DeviceMessage =
  | { readonly kind: 'reading'; readonly fields: ReadingFields; readonly original: Original }
  | { readonly kind: 'refused'; readonly refusal: DeviceRefusal; readonly original: Original }
  /** A heartbeat, an alarm, a setting: nothing is stored. */
  | { readonly kind: 'without-position' }

/** What a dead letter keeps of a message. */
export type Original = {
  /** As the device calls itself; undefined if the message does not say it. */
  readonly deviceId: string | undefined
  readonly value: string | Uint8Array
}

/** The body of a 2xx response. Clients repeat a request with another answer. */
export type DeviceAnswer = { readonly contentType: string; readonly body: string }

/** A format of phones and trackers. Adding one is adding a file and a line in `all-formats.ts`. */
export type DeviceFormat = {
  /** The last part of the path `/devices/NAME`, and the label `format` of the metrics. */
  readonly name: string
  readonly methods: readonly string[]
  /** The level of nesting at which a body of JSON has its positions. */
  readonly levelOfPositions: number
  readonly read: (request: DeviceRequest) => readonly DeviceMessage[]
  readonly answer: DeviceAnswer
}

import { gzipSync } from 'node:zlib'

/** A body that is made to break a format of devices, or to use up memory or time. */
export type HostileBody = {
  readonly what: string
  readonly contentType: string
  readonly body: Buffer
  readonly isGzip: boolean
  /** The only status that is right, if the producer has the capacity. */
  readonly status: 200 | 400 | 413
  /** How many records it adds to the topic: positions, or refused messages. */
  readonly records: number
}

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const maxBytes = 1024 * 1024

const nested = (levels: number, [open, close] = ['[', ']']): string =>
  `${open.repeat(levels)}1${close.repeat(levels)}`
const members = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`

/** A valid message of each format, with a further member whose value is this JSON text. */
export const messageWith: Readonly<Record<string, (member: string) => string>> = {
  osmand: (member) =>
    `{"location":{"timestamp":"${now()}","coords":{"latitude":1,"longitude":2},"extras":${member}},"device_id":"HOSTILE"}`,
  traccar: (member) =>
    `{"position":{"fixTime":"${now()}","valid":true,"latitude":1,"longitude":2,"attributes":{"x":${member}}},"device":{"uniqueId":"HOSTILE"}}`,
  owntracks: (member) =>
    `{"_type":"location","lat":1,"lon":2,"tst":${seconds()},"tid":"HOSTILE","x":${member}}`,
  overland: (member) => `{"locations":[${featureWith(member)}]}`,
}

const featureWith = (member: string): string =>
  `{"type":"Feature","geometry":{"coordinates":[2,1]},"properties":{"timestamp":"${now()}","device_id":"HOSTILE","x":${member}}}`

const seconds = (): number => Math.floor(Date.now() / 1_000) - 60
const now = (): string => new Date(seconds() * 1_000).toISOString()

type Case = Omit<HostileBody, 'contentType' | 'isGzip' | 'body'> & {
  readonly body: string | Buffer
}

/** @param format a name of `messageWith` */
export function hostileBodies(format: string): HostileBody[] {
  const message = messageWith[format]
  if (message === undefined) throw new Error(`there is no message of the format ${format}`)
  const plain = [...nestedCases(message), ...largeCases(message)]
  return [
    ...plain.map((each) => toHostile(each, json, false)),
    ...[manyParameters].map((each) => toHostile(each, form, false)),
    ...compressedCases(message).map((each) => toHostile(each, json, true)),
    ...(format === 'overland' ? batchCases().map((each) => toHostile(each, json, false)) : []),
  ]
}

function toHostile(each: Case, contentType: string, isGzip: boolean): HostileBody {
  return { ...each, body: Buffer.from(each.body), contentType, isGzip }
}

type MessageWith = (member: string) => string

function nestedCases(message: MessageWith): Case[] {
  const refused = { status: 200, records: 1 } as const
  return [
    { what: 'brackets only', body: '['.repeat(maxBytes), ...refused },
    { what: 'a position with 5,000 nested lists', body: message(nested(5_000)), ...refused },
    { what: 'a position with 400,000 nested lists', body: message(nested(400_000)), ...refused },
    {
      what: 'a position with 2,500 nested objects',
      body: message(nested(2_500, ['{"a":', '}'])),
      ...refused,
    },
  ]
}

function largeCases(message: MessageWith): Case[] {
  const one = { status: 200, records: 1 } as const
  const usual = message('1')
  const padding = (bytes: number): string => ' '.repeat(bytes - usual.length)
  return [
    { what: 'a position with 80,000 values', body: message(members(80_000)), ...one },
    { what: 'a position with a text of 1 MB', body: message(`"${'x'.repeat(1e6)}"`), ...one },
    { what: 'a position in exactly 1 MiB', body: usual + padding(maxBytes), ...one },
    {
      ...{ what: 'a position in 1 byte more than 1 MiB', body: usual + padding(maxBytes + 1) },
      ...{ status: 413, records: 0 },
    },
  ]
}

const manyParameters: Case = {
  ...{ what: '150,000 parameters', body: 'a=1&'.repeat(150_000), status: 200, records: 1 },
}

function compressedCases(message: MessageWith): Case[] {
  const deep = gzipSync(message(nested(500_000)))
  return [
    { what: 'gzip of 1 GiB', body: gzipBomb(), status: 413, records: 0 },
    { what: 'gzip of a position with 500,000 nested lists', body: deep, status: 200, records: 1 },
    { what: 'gzip of gzip', body: gzipSync(deep), status: 200, records: 1 },
    { what: 'gzip that is cut off', body: deep.subarray(0, -9), status: 400, records: 0 },
    { what: 'no gzip', body: message('1'), status: 400, records: 0 },
    {
      what: '40,000 empty members of gzip',
      body: Buffer.concat(Array.from({ length: 40_000 }, () => emptyGzip)),
      ...{ status: 200, records: 0 },
    },
  ]
}

const emptyGzip = gzipSync('')

/** A gzip file may have several members. Each is 32 MiB of spaces. */
function gzipBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(32 * maxBytes, ' '))
  return Buffer.concat(Array.from({ length: 32 }, () => member))
}

function batchCases(): Case[] {
  const features = Array.from({ length: 1_001 }, () => featureWith('1')).join(',')
  return [
    { what: '1,001 positions', body: `{"locations":[${features}]}`, status: 413, records: 0 },
    {
      what: '500,000 positions that are numbers',
      body: `{"locations":[${'1,'.repeat(500_000)}1]}`,
      ...{ status: 200, records: 1 },
    },
  ]
}

import { timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { addressBytes, addressFromBytes, plainAddress } from './address-bytes.ts'

/**
 * The PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt): the ingress starts each connection to
 * a producer with a header that contains the address of the client. Any program on this machine can send
 * such a header to the port of a producer. So the header must also contain the secret that the ingress
 * and the producers of a platform share, in a TLV (type, length, value) of a type that is free for own use.
 */

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const signatureOfVersion1 = Buffer.from('PROXY ')
/** The signature, version and command, family, and the length of the rest. */
const fixedBytes = 16
/** Far above what an ingress sends. */
const maxRestBytes = 1_024
const secretType = 0xe0
const commands = { local: 0x20, proxy: 0x21 }
/** The first byte is that of the header: TCP over IPv4 or IPv6, or no addresses. */
const families = new Map([
  [0x00, { addressLength: 0, bytes: 0 }],
  [0x11, { addressLength: 4, bytes: 12 }],
  [0x21, { addressLength: 16, bytes: 36 }],
])

/** Why a header is refused: values of the metric label `why`. */
export const refusedHeaders = ['version-1', 'malformed', 'no-secret', 'wrong-secret'] as const
export type RefusedHeader = (typeof refusedHeaders)[number]

export type ProxyHeader =
  | { readonly kind: 'header'; readonly bytes: number; readonly client: string | undefined }
  | { readonly kind: 'none' | 'incomplete' }
  | { readonly kind: 'refused'; readonly why: RefusedHeader }

/** Parses the first bytes of a connection. The fields of a header count only with the secret. */
export function parseProxyHeader(first: Buffer, secret: string): ProxyHeader {
  if (startsLike(first, signatureOfVersion1)) {
    return first.length < signatureOfVersion1.length ? { kind: 'incomplete' } : refused('version-1')
  }
  if (!startsLike(first, signature)) return { kind: 'none' }
  if (first.length < fixedBytes) return { kind: 'incomplete' }
  const restBytes = first.readUInt16BE(14)
  if (restBytes > maxRestBytes) return refused('malformed')
  const bytes = fixedBytes + restBytes
  return first.length < bytes
    ? { kind: 'incomplete' }
    : parseComplete(first.subarray(0, bytes), secret)
}

function parseComplete(header: Buffer, secret: string): ProxyHeader {
  const command = header[12] ?? 0
  const family = families.get(header[13] ?? -1)
  const isKnown = command === commands.proxy || command === commands.local
  const rest = header.subarray(fixedBytes)
  if (!isKnown || family === undefined || family.bytes > rest.length) return refused('malformed')
  const fault = faultOfSecret(rest.subarray(family.bytes), secret)
  if (fault !== undefined) return refused(fault)
  const hasClient = command === commands.proxy && family.bytes > 0
  const client = hasClient ? addressFromBytes(rest.subarray(0, family.addressLength)) : undefined
  return { kind: 'header', bytes: header.length, client }
}

const refused = (why: RefusedHeader): ProxyHeader => ({ kind: 'refused', why })

/** Whether the bytes are the beginning of the signature, or begin with it. */
function startsLike(first: Buffer, expected: Buffer): boolean {
  const length = Math.min(first.length, expected.length)
  return first.compare(expected, 0, length, 0, length) === 0
}

function faultOfSecret(fields: Buffer, secret: string): RefusedHeader | undefined {
  let found: Buffer | undefined
  for (let at = 0; at < fields.length;) {
    if (at + 3 > fields.length) return 'malformed'
    const end = at + 3 + fields.readUInt16BE(at + 1)
    if (end > fields.length) return 'malformed'
    if (fields[at] === secretType) found = fields.subarray(at + 3, end)
    at = end
  }
  if (found === undefined) return 'no-secret'
  const expected = Buffer.from(secret)
  const isEqual = found.length === expected.length && timingSafeEqual(found, expected)
  return isEqual ? undefined : 'wrong-secret'
}

/** The addresses of a connection, as a socket has them. */
type Ends = Partial<Pick<Socket, 'remoteAddress' | 'localAddress' | 'remotePort' | 'localPort'>>

/** The PROXY header for the connection of a client. */
export function proxyHeaderOf(client: Ends, secret: string): Buffer {
  const { family, addresses } = addressesOf(client)
  const value = Buffer.from(secret)
  const rest = addresses.length + 3 + value.length
  return Buffer.concat([
    signature,
    Buffer.from([commands.proxy, family, rest >> 8, rest & 0xff]),
    addresses,
    Buffer.from([secretType, value.length >> 8, value.length & 0xff]),
    value,
  ])
}

/** Without addresses if the client has disconnected. */
function addressesOf({ remoteAddress, localAddress, remotePort, localPort }: Ends) {
  if (remoteAddress === undefined || localAddress === undefined)
    return { family: 0x00, addresses: Buffer.alloc(0) }
  const ends = [plainAddress(remoteAddress), plainAddress(localAddress)]
  const isIPv4 = ends.every((end) => isIP(end) === 4)
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(remotePort ?? 0, 0)
  ports.writeUInt16BE(localPort ?? 0, 2)
  const addresses = Buffer.concat([...ends.map((end) => addressBytes(end, isIPv4 ? 4 : 16)), ports])
  return { family: isIPv4 ? 0x11 : 0x21, addresses }
}

import { isIP } from 'node:net'

const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex')

/** The address without the IPv6 prefix of a mapped IPv4 address and without a zone. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

/** The bytes of an address. An IPv4 address in 16 bytes gets the prefix of mapped addresses. */
export function addressBytes(address: string, length: 4 | 16): Buffer {
  if (isIP(address) === 4) {
    const bytes = Buffer.from(address.split('.').map(Number))
    return length === 4 ? bytes : Buffer.concat([mappedPrefix, bytes])
  }
  // A URL shows an IPv6 address in lower case, without leading zeros and without a decimal part.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = [], tail = []] = text.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  const groups = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0'))
  return Buffer.from(groups.join(''), 'hex')
}

/** The text of an address of 4 or 16 bytes. A mapped IPv4 address becomes an IPv4 address. */
export function addressFromBytes(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.subarray(0, 12).equals(mappedPrefix)) return bytes.subarray(12).join('.')
  const groups = bytes.toString('hex').match(/.{4}/g) ?? []
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

// /proc/net/tcp and tcp6 list the sockets of this machine with their users (proc_pid_net(5)). Addresses are words in
// the byte order of the machine, in hexadecimal digits.

const files = ['/proc/net/tcp', '/proc/net/tcp6']
const [localAt, remoteAt, userAt, inodeAt] = [1, 2, 7, 9]
const mappedPrefix = endianness() === 'LE' ? '0000000000000000FFFF0000' : '00000000000000000000FFFF'

/** The two ends of a connection, as this end has them. */
export type Connection = {
  /** IPv4. */
  readonly localAddress: string
  readonly localPort: number
  /** IPv4. */
  readonly remoteAddress: string
  readonly remotePort: number
}

/** Who has the other end of a connection. */
export type PeerUser =
  | { readonly kind: 'user'; readonly uid: number }
  /** No program has accepted the connection yet, so it has no user. */
  | { readonly kind: 'not-accepted' }
  /** The other end is not on this machine, is in another network namespace, or the system has no such list. */
  | { readonly kind: 'unknown' }

/**
 * The user whose program has the other end of a connection. The user of the listening socket is not enough: a program
 * can accept the connection and close that socket.
 */
export function userOfPeer(connection: Connection): PeerUser {
  const { localAddress, localPort, remoteAddress, remotePort } = connection
  const [here, there] = [wordOf(localAddress, localPort), wordOf(remoteAddress, remotePort)]
  for (const line of files.flatMap(linesOf)) {
    if (!line.includes(there)) continue
    const fields = line.trim().split(/\s+/)
    if (!isAddress(fields[localAt], there) || !isAddress(fields[remoteAt], here)) continue
    if (fields[inodeAt] === '0') return { kind: 'not-accepted' }
    return { kind: 'user', uid: Number(fields[userAt]) }
  }
  return { kind: 'unknown' }
}

/** Whether a field is an IPv4 address and port, or the IPv6 address that stands for it. */
const isAddress = (field: string | undefined, word: string): boolean =>
  field === word || field === `${mappedPrefix}${word}`

/** Empty if there is no such file: on other systems than Linux, or without IPv6. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n')
  } catch {
    return []
  }
}

/** An address and a port as `/proc/net/tcp` has them. */
function wordOf(address: string, port: number): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  const word = (endianness() === 'LE' ? bytes.reverse() : bytes).join('').toUpperCase()
  return `${word}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

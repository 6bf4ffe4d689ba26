/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, because one
 * client usually has a whole /64 (RFC 6177).
 */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '')
  const [first, last] = [groups(head), groups(tail)]
  const zeros = Array<string>(Math.max(8 - first.length - last.length, 0)).fill('0')
  const network = [...first, ...zeros, ...last].slice(0, 4)
  return network.map((group) => parseInt(group, 16).toString(16)).join(':')
}

/** Addresses of an ingress: `HOST:PORT` or `http://HOST:PORT` without TLS, `https://HOST` or `https://HOST:PORT` with TLS. */

/** The origin of an ingress, as `http://127.0.0.1:5001`. */
export function originOf(address: string): string {
  return isUrl(address) ? address : `http://${address}`
}

/** Whether a text is the address of an ingress. An IPv6 address is in brackets. */
export function isIngressAddress(text: string): boolean {
  if (!isUrl(text)) return isHostAndPort(text)
  const { protocol, host } = splitUrl(text)
  return isHostAndPort(host) || (protocol === 'https' && isHostAndPort(`${host}:443`))
}

const isUrl = (text: string): boolean => /^https?:\/\//.test(text)

function splitUrl(url: string): { readonly protocol: string; readonly host: string } {
  const [protocol = '', host = ''] = url.split('://')
  return { protocol, host }
}

function isHostAndPort(text: string): boolean {
  const port = Number(/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text)?.[1])
  return port >= 1 && port <= 65_535 && URL.canParse(`http://${text}`)
}

/**
 * Whether a URL is below one of the allowed ones: same protocol, host and port, and a path that begins
 * with all folders of the allowed one.
 *
 * @param allowed URLs, separated by spaces
 */
export function isAllowedUrl(text: string, allowed: string): boolean {
  const url = parseUrl(text)
  if (url === undefined || url.username !== '' || url.password !== '') return false
  // A server may decode them as separators, and resolve what is between them.
  if (/%2f|%5c/i.test(url.pathname)) return false
  return allowed.split(/\s+/).some((each) => {
    const base = parseUrl(each)
    if (base?.origin !== url.origin) return false
    const folder = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`
    return url.pathname === base.pathname || url.pathname.startsWith(folder)
  })
}

/** The URL in its normal form, in which `..` and such are resolved. */
function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

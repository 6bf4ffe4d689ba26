import type { IncomingMessage } from 'node:http'

/** What a request gives to prove who sends it. */
export type Credentials = {
  /** Each text that is sent as a token or password. */
  readonly tokens: readonly string[]
  /** The user name of OwnTracks, which may be the token. */
  readonly user: string | undefined
}

/**
 * The credentials in the headers of a request: `Authorization: Bearer`, the password of `Authorization: Basic`
 * (RFC 7617; the user name is ignored), and `X-Limit-U` of OwnTracks. Apps differ in what they can send.
 *
 * @param others tokens elsewhere in the request
 */
export function credentialsOf(
  { headers }: Pick<IncomingMessage, 'headers'>,
  others: readonly string[] = [],
): Credentials {
  const { authorization } = headers
  const user = headers['x-limit-u']
  const tokens = authorization === undefined ? others : [...others, tokenIn(authorization)]
  return { tokens, user: typeof user === 'string' ? user : undefined }
}

/** An empty text if there is no token in the header. */
function tokenIn(authorization: string): string {
  const bearer = /^Bearer (.+)$/i.exec(authorization)?.[1]
  if (bearer !== undefined) return bearer
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? '' : text.slice(colon + 1)
}

/** A shorter text is no token of ours, and may occur by chance. */
const minTokenCharacters = 16

/** The body without the token of its sender: OwnTracks repeats its user name in the topic. */
export function withoutToken(body: Buffer, token: string): Buffer {
  if (token.length < minTokenCharacters || !body.includes(token)) return body
  // One byte for each character, also in a token with other characters than ASCII.
  const bytes = Buffer.from(token).toString('latin1')
  return Buffer.from(body.toString('latin1').replaceAll(bytes, 'TOKEN'), 'latin1')
}

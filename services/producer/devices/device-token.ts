import type { IncomingMessage } from 'node:http'
import type { TokenVerdict } from '../../adapters/http/tokens/bearer-token.ts'
import { checkBearerToken, equalsSecret } from '../../adapters/http/tokens/bearer-token.ts'
import { parseDevicePath } from './device-path.ts'

/**
 * Checks the token of a phone or tracker: in the path, in the query, as `Authorization: Bearer`, or as the
 * password of `Authorization: Basic`. Apps differ in what they can send.
 */
export function checkDeviceToken(request: IncomingMessage, token: string): TokenVerdict {
  const { authorization = '' } = request.headers
  const tokens = [
    ...(parseDevicePath(request.url ?? '')?.tokens ?? []),
    ...passwordIn(authorization),
  ]
  if (tokens.some((received) => equalsSecret(received, token))) return 'valid'
  const bearer = checkBearerToken(request, token)
  return bearer === 'missing' && tokens.length > 0 ? 'wrong' : bearer
}

/** The password of basic authentication (RFC 7617); the user name is ignored. */
function passwordIn(authorization: string): string[] {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  if (encoded === undefined) return []
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? [] : [text.slice(colon + 1)]
}

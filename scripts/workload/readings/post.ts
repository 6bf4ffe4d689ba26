import type { Agent } from 'node:http'
import { request } from 'node:http'

export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: Acknowledgement }
  /** The connection broke, or nothing came in time. */
  | { readonly kind: 'no-answer' }

/** What of an answer's body decides; absent in answers that are none of ours. */
type Acknowledgement = {
  readonly accepted?: number
  readonly rejected?: readonly { readonly index: number; readonly code: string }[]
}

export type PostTarget = {
  readonly url: string
  readonly agent: Agent
  readonly token: string | undefined
}

/** Longer than a producer waits for Kafka. */
const timeoutMs = 15_000
/** Milliseconds after its last byte at which a client that hangs up is gone. */
const disconnectDelayMs = 5

/**
 * `POST` of a JSON text; never rejects.
 *
 * @param disconnectsEarly whether the client goes as soon as it has sent everything
 */
export function post(
  { url, agent, token }: PostTarget,
  json: string,
  disconnectsEarly = false,
): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const clientRequest = request(url, { method: 'POST', agent, headers, timeout: timeoutMs })
    const giveUp = (): void => {
      clientRequest.destroy()
      resolve({ kind: 'no-answer' })
    }
    // The socket's own timeout begins anew with each byte; this is for all of it.
    const limit = setTimeout(giveUp, timeoutMs)
    clientRequest.on('error', giveUp)
    clientRequest.on('close', () => {
      clearTimeout(limit)
      giveUp()
    })
    clientRequest.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({
          kind: 'answered',
          status: response.statusCode ?? 0,
          body: parseAcknowledgement(text),
        })
      })
    })
    clientRequest.end(json, () => {
      if (disconnectsEarly) setTimeout(giveUp, disconnectDelayMs)
    })
  })
}

function parseAcknowledgement(text: string): Acknowledgement {
  try {
    return JSON.parse(text) as Acknowledgement
  } catch {
    return {}
  }
}

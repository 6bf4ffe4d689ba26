import type { Agent } from 'node:http'
import { request } from 'node:http'
import { request as requestOverTls } from 'node:https'

export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: Acknowledgement }
  /** The connection broke, or the timeout was reached. */
  | { readonly kind: 'no-answer' }

/** The relevant part of the response body. The fields are missing in answers of other servers. */
type Acknowledgement = {
  readonly accepted?: number
  readonly rejected?: readonly { readonly index: number; readonly code: string }[]
}

export type PostTarget = {
  readonly url: string
  readonly agent: Agent
  readonly token: string | undefined
}

/** Longer than the producer waits for Kafka. */
const timeoutMs = 15_000
/** Milliseconds from the last sent byte to an early disconnect. */
const disconnectDelayMs = 5

/**
 * Sends JSON by `POST`. Never rejects.
 *
 * @param disconnectsEarly whether the client disconnects as soon as it has sent everything
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
    const send = url.startsWith('https:') ? requestOverTls : request
    const clientRequest = send(url, { method: 'POST', agent, headers, timeout: timeoutMs })
    const giveUp = (): void => {
      clientRequest.destroy()
      resolve({ kind: 'no-answer' })
    }
    // The socket's timeout restarts with each byte; this one limits the whole request.
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

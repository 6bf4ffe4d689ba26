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
const patienceMs = 15_000
/** Milliseconds after its last byte at which a client that hangs up is gone. */
const hangUpMs = 5

/**
 * `POST` of a JSON text; never rejects.
 *
 * @param hangsUp whether the client goes as soon as it has sent everything
 */
export function post(
  { url, agent, token }: PostTarget,
  json: string,
  hangsUp = false,
): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const going = request(url, { method: 'POST', agent, headers, timeout: patienceMs })
    const giveUp = (): void => {
      going.destroy()
      resolve({ kind: 'no-answer' })
    }
    // The socket's own timeout begins anew with each byte; this is for all of it.
    const limit = setTimeout(giveUp, patienceMs)
    going.on('error', giveUp)
    going.on('close', () => {
      clearTimeout(limit)
      giveUp()
    })
    going.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({ kind: 'answered', status: response.statusCode ?? 0, body: parsed(text) })
      })
    })
    going.end(json, () => {
      if (hangsUp) setTimeout(giveUp, hangUpMs)
    })
  })
}

function parsed(text: string): Acknowledgement {
  try {
    return JSON.parse(text) as Acknowledgement
  } catch {
    return {}
  }
}

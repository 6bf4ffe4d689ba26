import type { Agent } from 'node:http'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { FuzzRequest } from './fuzz-request.ts'

export type FuzzAnswer = {
  readonly status: number
  readonly type: string | undefined
  readonly retryAfter: string | undefined
  readonly body: Buffer
}

/** Sends a request. Rejects if there is no answer. */
export function send(url: string, fuzzRequest: FuzzRequest, agent: Agent): Promise<FuzzAnswer> {
  const { method, path, headers, body } = fuzzRequest
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request({
      agent,
      host: hostname,
      port,
      method,
      path,
      timeout: 20_000,
      headers: body.length > 0 ? { ...headers, 'content-length': body.length } : headers,
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer within 20 s')))
    sent.on('error', reject)
    sent.on('response', (response) => {
      const { 'content-type': type, 'retry-after': retryAfter } = response.headers
      const status = response.statusCode ?? 0
      buffer(response).then((read) => {
        resolve({ status, type, retryAfter, body: read })
      }, reject)
    })
    sent.end(body)
  })
}

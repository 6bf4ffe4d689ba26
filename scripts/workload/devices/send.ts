import type { Agent } from 'node:http'
import { request } from 'node:http'
import { request as requestOverTls } from 'node:https'
import type { DeviceRequest } from './device-requests.ts'

export type DeviceAnswer = {
  /** `no-answer`: the connection broke, or the timeout was reached. */
  readonly status: number | 'no-answer'
  readonly body: string
}

/** Longer than the producer waits for Kafka. */
const timeoutMs = 15_000

/** Sends a request of a device. Never rejects. @param url of the ingress or a producer, without a path */
export function send(
  url: string,
  { method, path, headers, body = '' }: DeviceRequest,
  agent: Agent,
): Promise<DeviceAnswer> {
  return new Promise((resolve) => {
    const length = method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) }
    const start = url.startsWith('https:') ? requestOverTls : request
    const sent = start(`${url}${path}`, { method, agent, headers: { ...headers, ...length } })
    const giveUp = (): void => {
      clearTimeout(limit)
      sent.destroy()
      resolve({ status: 'no-answer', body: '' })
    }
    const limit = setTimeout(giveUp, timeoutMs)
    sent.on('error', giveUp).on('close', giveUp)
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        clearTimeout(limit)
        resolve({ status: response.statusCode ?? 'no-answer', body: text })
      })
    })
    sent.end(body)
  })
}

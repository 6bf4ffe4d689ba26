import { get } from 'node:http'

export type ProbeTarget = { readonly host: string; readonly port: number; readonly path: string }

const timeoutMs = 2_000

/** Whether a GET returns status 200. False after `timeoutMs` without a response. Never rejects. */
export function answersOk({ host, port, path }: ProbeTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, timeout: timeoutMs, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => {
      resolve(false)
    })
  })
}

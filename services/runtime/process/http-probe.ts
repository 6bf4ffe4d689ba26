import { get } from 'node:http'

export type ProbeTarget = { readonly host: string; readonly port: number; readonly path: string }

const timeoutMs = 2_000

/** Whether a GET is answered with status 200 now. Never rejects. */
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

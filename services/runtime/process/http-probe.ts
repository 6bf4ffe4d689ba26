import { get } from 'node:http'

export type ProbeTarget = { readonly host: string; readonly port: number; readonly path: string }

const timeoutMs = 2_000

/** Errors of this machine or process, which say nothing about the other side. */
const ownErrors = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])

/** Whether a GET returns status 200. False after `timeoutMs` without a response. Never rejects. */
export async function answersOk(target: ProbeTarget): Promise<boolean> {
  return (await probe(target)) === 200
}

/**
 * Whether a GET returns no response of any status within `timeoutMs`. False if this process cannot
 * ask, e.g. because it has too many open files. Never rejects.
 */
export async function givesNoAnswer(target: ProbeTarget): Promise<boolean> {
  return (await probe(target)) === 'no-answer'
}

function probe({ host, port, path }: ProbeTarget): Promise<number | 'no-answer' | 'not-asked'> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, timeout: timeoutMs, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 'no-answer')
    })
    request.on('timeout', () => request.destroy())
    request.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      resolve(ownErrors.has(code) ? 'not-asked' : 'no-answer')
    })
  })
}

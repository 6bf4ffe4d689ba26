import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import { Client, S3Error } from 'minio'

export type S3Settings = {
  /** `http://HOST:PORT` or `https://HOST`; without a path. */
  readonly endpoint: URL
  readonly region: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
}

/** The client holds a part in memory. By default it would hold more than 500 MiB of a stream. */
const partSize = 64 * 1024 * 1024

/** A request fails if nothing was sent or received for this time, because a server that was lost does not respond. */
const silenceMs = 60_000
/** Some servers send nothing while they copy an object, or make one object of its parts (POST). */
const silenceOfCopyMs = 600_000

/** A client of an S3 server. It does not retry: the caller does. */
export function createS3Client(settings: S3Settings): Client {
  const { endpoint, region, accessKey, secretKey } = settings
  return new Client({
    endPoint: endpoint.hostname,
    ...(endpoint.port === '' ? {} : { port: Number(endpoint.port) }),
    useSSL: endpoint.protocol === 'https:',
    ...{ region, accessKey, secretKey, partSize },
    pathStyle: true,
    retryOptions: { disableRetry: true },
    transport: { request: endpoint.protocol === 'https:' ? secureRequest : plainRequest },
  })
}

type Answered = (response: IncomingMessage) => void

const plainRequest = ((options: RequestOptions, answered: Answered) =>
  endedBySilence(http.request(options, answered))) as typeof http.request

const secureRequest = ((options: RequestOptions, answered: Answered) =>
  endedBySilence(https.request(options, answered))) as typeof http.request

function endedBySilence(request: ClientRequest): ClientRequest {
  const isCopy = request.hasHeader('x-amz-copy-source') || request.method === 'POST'
  const timeoutMs = isCopy ? silenceOfCopyMs : silenceMs
  const onSilence = (): void => {
    // The reader of the response is slower than the server.
    if (request.socket?.isPaused() === true) request.setTimeout(timeoutMs)
    else request.destroy(new Error(`The S3 server sent nothing for ${timeoutMs / 1_000} s.`))
  }
  return request.setTimeout(timeoutMs).on('timeout', onSilence)
}

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof S3Error && codes.includes(error.code ?? '')

/** Also if the bucket does not exist: the response to HEAD has no text. */
export const isNotFound = (error: unknown): boolean => hasCode(error, 'NoSuchKey', 'NotFound')

import type { Problem } from '../../adapters/http/problem.ts'
import type { UploadRefusal } from './file-work.ts'

/** Problems of the routes of files. */

const unavailable = (title: string, detail: string): Problem => ({
  ...{ status: 503, title, detail, headers: { 'retry-after': '5' } },
})

export const filesUnavailable = unavailable(
  'Files cannot be read',
  'The database cannot be reached or took too long. Try again later.',
)

export const fileNotChanged = unavailable(
  'File possibly not changed',
  'The database cannot be reached, took too long or refused the change. Look at the state of the file before you try again.',
)

export const fileNotUploaded = unavailable(
  'File not uploaded',
  'The bucket or the database cannot be reached or took too long. Nothing of the file is in the inbox. Send it again later.',
)

export function unknownFile(id: string): Problem {
  return {
    status: 404,
    title: 'Unknown file',
    detail: `There is no file ${JSON.stringify(id.slice(0, 20))}. GET /api/files lists them.`,
  }
}

export function fileHasEnded(id: number): Problem {
  return {
    status: 409,
    title: 'File has ended',
    detail: `The file ${id} was loaded or has failed already. It cannot be canceled.`,
  }
}

export function fileUnmatched(id: number): Problem {
  return {
    status: 409,
    title: 'File is not loaded',
    detail: `No pipeline loads the file ${id}, so there is nothing to cancel. Remove it from the inbox.`,
  }
}

export function bodyTooLarge(maxBytes: number): Problem {
  return {
    status: 413,
    title: 'File too large',
    detail: `The file has more than ${maxBytes} bytes. Put it into the inbox with npm run drop, or raise files.maxUploadMegabytes.`,
  }
}

const statuses = {
  'not-enabled': 409,
  'unknown-pipeline': 404,
  unsuitable: 422,
  taken: 409,
} as const satisfies Readonly<Record<UploadRefusal['why'], number>>

export function uploadRefused({ why, reason }: UploadRefusal): Problem {
  return { status: statuses[why], title: 'File refused', detail: reason }
}

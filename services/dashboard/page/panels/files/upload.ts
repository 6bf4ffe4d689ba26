import type { Upload } from '../../../api/files.ts'
import { ApiError, messageOfProblem, uploadPath } from '../../api.ts'

export type UploadOptions = {
  readonly pipeline: string
  /** Called with the part that was sent, from 0 to 1. */
  readonly onProgress: (fraction: number) => void
}

/**
 * Uploads a file. Not with `fetch`: it does not report how much was sent.
 *
 * @throws ApiError with a message for the user
 */
export function upload(
  file: Blob & { readonly name: string },
  options: UploadOptions,
): Promise<Upload> {
  const { pipeline, onProgress } = options
  const request = new XMLHttpRequest()
  request.open('PUT', uploadPath(pipeline, file.name))
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    if (total > 0) onProgress(loaded / total)
  })
  return new Promise((resolve, reject) => {
    request.addEventListener('load', () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Upload)
      else
        reject(new ApiError(request.status, messageOfProblem(request.status, request.responseText)))
    })
    request.addEventListener('error', () => {
      reject(new ApiError(0, 'The platform cannot be reached, or has ended the upload.'))
    })
    request.send(file)
  })
}

import type { Json } from '../../adapters/http/openapi.ts'
import {
  header,
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
  tokenRefused,
} from '../../adapters/http/openapi.ts'
import { get, inJson } from '../http/openapi-operations.ts'
import { readsTasks } from '../http/openapi-tasks.ts'
import { toOpenApiParameters } from '../http/query-parameters.ts'
import { filesQuery } from './file-routes.ts'

/** The part of the document about the files of the bucket. */

const fileId: Json = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
  example: 5,
}

const unknownFile = problem('There is no file with this id.')

const changesFiles: Json = {
  401: tokenRefused('The token or the session cookie is missing or wrong.'),
  ...refusalsOfForeignPages('post'),
  403: problem(
    'A page of another website sent this, or this dashboard is public and has no token.',
  ),
  ...readsTasks,
}

/** @param content of the successful response: the file after the change */
function cancelFile(content: Json, summary: string): Json {
  return {
    post: {
      summary,
      parameters: [fileId],
      responses: {
        200: { description: 'Canceled, or requested: `isCancelRequested`.', content },
        400: problem('The path is not valid.'),
        ...changesFiles,
        404: unknownFile,
        409: problem('The file is loaded or has failed, or no pipeline loads it.'),
      },
    },
  }
}

const errorsOfFile: Json = {
  get: {
    summary:
      'Why a file was not loaded, and its first 10,000 rejected lines with their reasons, as text to download',
    parameters: [fileId],
    responses: {
      200: {
        description: 'The text.',
        headers: { 'Content-Disposition': header('The name of the file for the download.') },
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
      400: problem('The path is not valid.'),
      401: changesFiles['401'],
      404: unknownFile,
      ...refusalsOfForeignPages('get'),
      ...readsTasks,
    },
  },
}

const managerHealth: Json = {
  get: {
    summary: 'Whether the dashboard answers, for programs that use Cast Iron',
    responses: {
      200: {
        description: 'It answers.',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['status'],
              properties: { status: { const: 'ok' } },
            },
          },
        },
      },
      401: changesFiles['401'],
      ...refusalsOfForeignPages('get'),
      503: retryLater('The memory for responses is full.'),
    },
  },
}

const inPath = (name: string, maxLength: number, example: string): Json => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', minLength: 1, maxLength },
  example,
})

/** @param content of the successful response: what was uploaded */
function putFile(content: Json): Json {
  return {
    put: {
      summary:
        'Puts a file into the inbox of a pipeline. It appears there when all its bytes are stored, and replaces no other file. `GET /api/files?key=KEY` shows what becomes of it',
      parameters: [inPath('pipeline', 63, 'orders'), inPath('name', 255, 'orders.csv')],
      requestBody: {
        required: true,
        description:
          'The bytes of the file, of any media type; at most files.maxUploadMegabytes. It must arrive within an hour.',
        content: {
          'application/octet-stream': {
            schema: { type: 'string' },
            example: 'id,customer,price\n1,Ann,1.5\n',
          },
        },
      },
      responses: {
        201: { description: 'The file is in the inbox.', content },
        400: problem('The path is not valid.'),
        ...changesFiles,
        404: problem('There is no such pipeline, or it does not load files.'),
        409: problem('A file of this name waits in the inbox, or this platform loads no files.'),
        413: problem('The file is larger than files.maxUploadMegabytes.'),
        422: problem('The pipeline does not match the name, or the name cannot be used.'),
        503: retryLater('The bucket or the database cannot be reached or took too long.'),
      },
    },
  }
}

/** The files of the bucket. */
export function bucketPaths(): Json {
  const content = inJson('file')
  return {
    '/api/files': get('The files of the bucket, the newest first, in pages', 'files', {
      parameters: toOpenApiParameters(filesQuery),
      responses: readsTasks,
    }),
    '/api/files/{id}': get('One file: state, progress in bytes and lines, and reason', 'file', {
      parameters: [fileId],
      responses: { 404: unknownFile, ...readsTasks },
    }),
    '/api/files/{id}/errors': errorsOfFile,
    '/api/files/{id}/cancel': cancelFile(content, 'Cancels the loading of a file'),
    '/api/files/{pipeline}/{name}': putFile(inJson('upload')),
    '/manager/status': get(
      'How many files are in each state, in the words of Cast Iron',
      'managerStatus',
      { responses: readsTasks },
    ),
    '/manager/health': managerHealth,
    '/manager/cancel-record/{id}': cancelFile(
      content,
      'The same as /api/files/{id}/cancel, for programs that use Cast Iron',
    ),
  }
}

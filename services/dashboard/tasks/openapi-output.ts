import type { Json } from '../../adapters/http/openapi.ts'
import {
  header,
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
} from '../../adapters/http/openapi.ts'
import { mediaTypes } from '../history/formats/track-formats.ts'
import { tokenRequired } from '../http/openapi-operations.ts'
import { taskId } from '../http/openapi-tasks.ts'
import { toOpenApiParameters } from '../http/query-parameters.ts'
import { outputQuery } from './output-routes.ts'

/** The part of the OpenAPI document about results in the bucket. */
export const outputOfTask: Json = {
  get: {
    summary:
      'The rows of a complete task as CSV, if its pipeline has `to.objects`. It is made from the object in the bucket',
    parameters: [taskId, ...toOpenApiParameters(outputQuery)],
    responses: {
      200: {
        description: 'The rows of one table, with a header.',
        headers: { 'Content-Disposition': header('The name of the file for the download.') },
        content: { [mediaTypes.csv]: { schema: { type: 'string' } } },
      },
      400: problem('The query parameter is invalid or unknown, or the path is not valid.'),
      401: tokenRequired,
      404: problem('The task has made no object in the bucket.'),
      410: problem('The object was removed from the bucket.'),
      422: problem('The result has no such table, or several tables and none is chosen.'),
      ...refusalsOfForeignPages('get'),
      503: retryLater(
        'The result is not in the bucket yet, or the bucket or the database cannot be reached.',
      ),
    },
  },
}

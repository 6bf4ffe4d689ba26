import type { Json } from '../../adapters/http/openapi.ts'
import {
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
  tokenRefused,
} from '../../adapters/http/openapi.ts'
import { pauseQuery } from '../pipelines/pipeline-routes.ts'
import { toOpenApiParameters } from './query-parameters.ts'

/** The part of the document about declared pipelines. */

export const pipelineName: Json = {
  name: 'name',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: '^[a-z][a-z0-9_-]{0,62}$' },
  example: 'classifieds',
}

export const unknownPipeline = problem('No pipeline with this name is declared.')

export const readsPipelines: Json = {
  503: retryLater(
    'The database cannot be reached or took too long, or the memory for responses is full.',
  ),
}

/** @param content of the successful response: the pipeline after the change */
export function pipelineChanges(content: Json): { readonly pause: Json; readonly resume: Json } {
  return {
    pause: changeOf(content, {
      summary:
        'Pauses a pipeline. Records wait in Kafka as long as the topic keeps them; windows, files and tasks wait until it is resumed',
      parameters: toOpenApiParameters(pauseQuery),
      conflict: 'The pipeline is paused already.',
    }),
    resume: changeOf(content, {
      summary: 'Resumes a paused pipeline. It continues where it stopped',
      parameters: [],
      conflict:
        'The pipeline is not paused, or a decision is needed first; the detail says what to do.',
    }),
  }
}

type ChangeDetails = {
  readonly summary: string
  readonly parameters: readonly Json[]
  /** What the status 409 means. */
  readonly conflict: string
}

function changeOf(content: Json, { summary, parameters, conflict }: ChangeDetails): Json {
  return {
    post: {
      summary,
      parameters: [pipelineName, ...parameters],
      responses: {
        200: { description: 'Changed. Workers apply it within a second.', content },
        400: problem('A query parameter is invalid or unknown, or the path is not valid.'),
        401: tokenRefused('The token or the session cookie is missing or wrong.'),
        ...refusalsOfForeignPages('post'),
        403: problem(
          'A page of another website sent this, or this dashboard is public and has no token.',
        ),
        404: unknownPipeline,
        409: problem(conflict),
        ...readsPipelines,
      },
    },
  }
}

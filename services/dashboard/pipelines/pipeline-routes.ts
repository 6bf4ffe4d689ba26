import type { Request, RequestHandler, Response } from 'express'
import { Router } from 'express'
import * as z from 'zod'
import type { Problem } from '../../adapters/http/problem.ts'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type {
  PostgresPipelineStore,
  StoredPipeline,
} from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import type { Pipeline, PipelineDetails, Pipelines } from '../api/pipelines.ts'
import {
  alreadyPaused,
  changesNeedToken,
  decisionNeeded,
  notPaused,
  pipelineNotChanged,
  pipelinesUnavailable,
  unknownPipeline,
} from '../http/problems.ts'
import { Query, QueryError } from '../http/query.ts'
import { line } from '../http/query-parameters.ts'
import type { PipelineMonitor } from './pipeline-monitor.ts'

export type PipelineRoutesOptions = {
  readonly monitor: PipelineMonitor
  /** Of the role that reads. */
  readonly reader: Pick<PostgresPipelineStore, 'list'>
  /** Of the role that changes pipelines. */
  readonly operator: Pick<PostgresPipelineStore, 'pause' | 'resume'>
  readonly workers: () => Pipelines['workers']
  readonly mayChange: boolean
  readonly logger: Logger
}

export const pauseQuery = z.object({
  reason: line(200)
    .default('Paused on the dashboard.')
    .describe('Why, for the list. Default: Paused on the dashboard.'),
})

type Named = Request<{ name: string }>

/** The routes of the declared pipelines. Requests of other websites do not arrive here (`guarded`). */
export function pipelineRoutes(options: PipelineRoutesOptions): Router {
  const { monitor } = options
  const router = Router()
  router
    .route('/pipelines')
    .get(async (_, response) => {
      const pipelines = await monitor.read()
      if (pipelines === undefined) {
        sendProblem(response, pipelinesUnavailable)
        return
      }
      const { mayChange } = options
      const answer: Pipelines = {
        pipelines: pipelines.map(toListed),
        workers: options.workers(),
        mayChange,
      }
      sendJson(response, 200, answer)
    })
    .all(allowOnly('GET'))
  router
    .route('/pipelines/:name')
    .get(async (request: Named, response) => {
      sendPipeline(response, request.params.name, await monitor.read())
    })
    .all(allowOnly('GET'))
  router.route('/pipelines/:name/pause').post(change(options, 'pause')).all(allowOnly('POST'))
  router.route('/pipelines/:name/resume').post(change(options, 'resume')).all(allowOnly('POST'))
  return router
}

/** The list leaves out what only one pipeline shows. */
function toListed(details: PipelineDetails): Pipeline {
  const { file: _, declaration: __, declaredAt: ___, seenAt: ____, ...listed } = details
  return listed
}

function sendPipeline(
  response: Response,
  name: string,
  pipelines: readonly PipelineDetails[] | undefined,
): void {
  const found = pipelines?.find((pipeline) => pipeline.name === name)
  if (found !== undefined) sendJson(response, 200, found)
  else sendProblem(response, pipelines === undefined ? pipelinesUnavailable : unknownPipeline(name))
}

/** Changes a pipeline. @returns why not; undefined if it was changed */
type Change = (
  operator: PipelineRoutesOptions['operator'],
  pipeline: StoredPipeline,
  request: Request,
) => Promise<Problem | undefined>

const pause: Change = async (operator, { name }, request) => {
  const { reason } = new Query(request.url).read(pauseQuery)
  return (await operator.pause(name, reason)) ? undefined : alreadyPaused(name)
}

const resume: Change = async (operator, { name, pauseReason, needsDecision }) => {
  if (pauseReason === undefined) return notPaused(name)
  if (needsDecision) return decisionNeeded(pauseReason)
  // A pause for another reason that was set meanwhile stays.
  return (await operator.resume(name, pauseReason)) ? undefined : notPaused(name)
}

const changes = { pause, resume } as const
type ChangeName = keyof typeof changes

/** Answers with the pipeline after the change. */
function change(
  options: PipelineRoutesOptions,
  what: ChangeName,
): RequestHandler<{ name: string }> {
  const { monitor, mayChange, logger } = options
  return async (request, response) => {
    const { name } = request.params
    if (!mayChange) {
      sendProblem(response, changesNeedToken)
      return
    }
    try {
      const problem = await changeUnlessRefused(options, what, request)
      if (problem === undefined) sendPipeline(response, name, await monitor.readNow())
      else sendProblem(response, problem)
    } catch (error) {
      if (error instanceof QueryError) throw error
      logger.warn({ ...errorFields(error), pipeline: name }, 'pipeline-not-changed')
      sendProblem(response, pipelineNotChanged)
    }
  }
}

async function changeUnlessRefused(
  { reader, operator, logger }: PipelineRoutesOptions,
  what: ChangeName,
  request: Request<{ name: string }>,
): Promise<Problem | undefined> {
  const { name } = request.params
  const pipeline = (await reader.list()).find((each) => each.name === name)
  if (pipeline === undefined) return unknownPipeline(name)
  const problem = await changes[what](operator, pipeline, request)
  if (problem === undefined) logger.info({ pipeline: name, change: what }, 'pipeline-changed')
  return problem
}

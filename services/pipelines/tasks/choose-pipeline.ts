import type { TaskStep } from '../declaration/task-declaration.ts'

/** A pipeline with its step; undefined if its records become rows, not tasks. */
export type CandidatePipeline = { readonly name: string; readonly step: TaskStep | undefined }

export type ChosenPipeline =
  | { readonly kind: 'chosen'; readonly name: string }
  /** @member reason a sentence: why, and what to do */
  | { readonly kind: 'refused'; readonly why: 'unknown' | 'unsuitable'; readonly reason: string }

/**
 * Chooses the pipeline for a task that is made through the API or by a command.
 *
 * @param pipeline the name that the user gave; undefined: the only pipeline that can run the method
 */
export function choosePipeline(
  pipelines: readonly CandidatePipeline[],
  { method, pipeline }: { readonly method: string; readonly pipeline: string | undefined },
): ChosenPipeline {
  return pipeline === undefined
    ? chooseFor(method, pipelines)
    : chooseNamed(pipeline, method, pipelines)
}

function chooseFor(method: string, pipelines: readonly CandidatePipeline[]): ChosenPipeline {
  const fixed = pipelines.filter(
    ({ step }) => step?.kind === 'run' && !isOfFiles(step) && step.handler === method,
  )
  const open = pipelines.filter(({ step }) => step?.kind === 'run-by')
  const suitable = fixed.length > 0 ? fixed : open
  const [first, ...others] = suitable
  if (first === undefined) {
    return refuse(
      'unsuitable',
      `No pipeline can run the handler "${shorten(method)}". Declare one with run = "${shorten(method)}", or with run = { by = … }.`,
    )
  }
  if (others.length === 0) return { kind: 'chosen', name: first.name }
  const names = suitable.map(({ name }) => name).join(', ')
  return refuse(
    'unsuitable',
    `Several pipelines can run the handler "${shorten(method)}": ${names}. Name one of them.`,
  )
}

function chooseNamed(
  pipeline: string,
  method: string,
  pipelines: readonly CandidatePipeline[],
): ChosenPipeline {
  const found = pipelines.find(({ name }) => name === pipeline)
  if (found === undefined) {
    const names = pipelines.flatMap(({ name, step }) => (step === undefined ? [] : [name]))
    const others =
      names.length === 0 ? 'none runs tasks' : `those that run tasks are: ${names.join(', ')}`
    return refuse('unknown', `There is no pipeline "${shorten(pipeline)}"; ${others}.`)
  }
  return chooseFound(found, method)
}

function chooseFound({ name, step }: CandidatePipeline, method: string): ChosenPipeline {
  switch (step?.kind) {
    case 'run-by':
      return { kind: 'chosen', name }
    case 'run':
      return chooseRun(name, step, method)
    case 'sql':
      return refuse(
        'unsuitable',
        `The pipeline ${name} runs a SQL statement at its times, and no handler.`,
      )
    case 'map':
    case 'shell':
    case 'readings':
      return refuse('unsuitable', `The pipeline ${name} loads files, and runs no handler.`)
    case undefined:
      return refuse(
        'unsuitable',
        `The pipeline ${name} stores the records of a topic. It runs no tasks.`,
      )
    default:
      return step satisfies never
  }
}

function chooseRun(
  name: string,
  step: Extract<TaskStep, { kind: 'run' }>,
  method: string,
): ChosenPipeline {
  if (isOfFiles(step))
    return refuse('unsuitable', `The pipeline ${name} gets files; put one into its inbox.`)
  if (step.handler === method) return { kind: 'chosen', name }
  return refuse(
    'unsuitable',
    `The pipeline ${name} runs only the handler "${step.handler}", not "${shorten(method)}".`,
  )
}

/** Only the handlers of files have parameters in the declaration. */
const isOfFiles = (step: TaskStep): boolean => step.kind === 'run' && step.params !== undefined

const refuse = (why: 'unknown' | 'unsuitable', reason: string): ChosenPipeline => ({
  kind: 'refused',
  why,
  reason,
})

const shorten = (text: string): string => text.slice(0, 63)

import type { Pipeline, Pipelines } from '../../api/pipelines.ts'
import { formatCount, formatRate, formatTime } from './format.ts'

/** What the page Work says about pipelines. Parts between backticks are commands and settings. */

/** What keeps all pipelines from running or from being changed, and what to do. */
export function noticesOf({ workers, mayChange }: Pipelines): string[] {
  return [
    ...(workers.up === 0
      ? [
          'No worker answers, so no pipeline runs. `npm run status` shows the state of all services.',
        ]
      : []),
    ...(mayChange
      ? []
      : [
          'Pipelines cannot be paused or resumed here: other machines reach this dashboard, and it has no token. Set `dashboard.tokenFile`, or use `npm run pipeline`.',
        ]),
  ]
}

/** The way of the records: `topic data → table classifieds`. */
export function routeOf({ route, files }: Pipeline): string {
  if (route === null) return 'The declaration was reset.'
  if (files === null) return route
  const { match, mimetypes, archive, error, canceled } = files
  return `${route} · ${[...match, ...mimetypes].join(', ')} · then ${archive}, ${error} or ${canceled}`
}

const formatOrDash = (value: number | null, format: (value: number) => string): string =>
  value === null ? '–' : format(value)

/** The figures in display order: label and value. */
export function figuresOf(pipeline: Pipeline): readonly (readonly [string, string])[] {
  const { topic, rate, lag, counts, files } = pipeline
  // Tasks are deleted seven days after their end, and files are not.
  const tasks = files?.counts ?? pipeline.tasks
  if (tasks !== null) {
    return [
      ...(topic === null ? [] : [['Lag', formatOrDash(lag, formatCount)] as const]),
      ['Queued', formatCount(tasks.queued)],
      ['Running', formatCount(tasks.running)],
      ['Complete', formatCount(tasks.complete)],
      ['Failed', formatCount(tasks.failed)],
      ['Canceled', formatCount(tasks.canceled)],
    ]
  }
  const { stored, updated, duplicate, deadLettered, openDeadLetters } = counts
  const letters = formatCount(deadLettered)
  return [
    ['Rate', formatOrDash(rate, formatRate)],
    ['Lag', formatOrDash(lag, formatCount)],
    ['Stored', formatCount(stored)],
    ['Updated', formatCount(updated)],
    ['Duplicates', formatCount(duplicate)],
    [
      'Dead letters',
      deadLettered === 0 ? letters : `${letters} (${formatCount(openDeadLetters)} open)`,
    ],
  ]
}

type Remark = {
  readonly text: string
  /** Whether something is wrong. */
  readonly isFault: boolean
}

/** Why the pipeline does not run, and its last errors, each with what to do. */
export function remarksOf(pipeline: Pipeline): Remark[] {
  return [...stateRemarks(pipeline), ...errorRemarks(pipeline)]
}

function stateRemarks({ state, pauseReason, failure }: Pipeline): Remark[] {
  switch (state) {
    case 'running':
      return []
    case 'failing':
      return [{ text: failure ?? '', isFault: true }]
    case 'paused':
      return [{ text: pauseReason ?? '', isFault: false }]
    case 'not running':
      return [{ text: 'No worker runs it. `npm run status` shows the workers.', isFault: true }]
    case 'disabled':
      return [
        {
          text: 'The key `enabled` of its file, or the setting `enabled`, is false.',
          isFault: false,
        },
      ]
    case 'reset':
      return [{ text: 'It begins again when a worker has read its file.', isFault: false }]
    default:
      return state satisfies never
  }
}

function errorRemarks({ name, fileFault, latestDeadLetter }: Pipeline): Remark[] {
  const remarks: Remark[] = []
  if (fileFault !== null) {
    const text = `The latest version of its file is refused. The previous version stays in effect.\n${fileFault}`
    remarks.push({ text, isFault: true })
  }
  if (latestDeadLetter !== null) {
    const { reason, detail, diedAt } = latestDeadLetter
    const at = formatTime(Date.parse(diedAt))
    const text = `Latest dead letter, ${at}: ${reason}. ${detail} \`npm run dead-letters -- list --pipeline ${name}\` shows all.`
    remarks.push({ text, isFault: false })
  }
  return remarks
}

import { formatDuration } from '../../services/pipelines/declaration/duration.ts'
import type {
  FileFormat,
  FileStep,
  Schedule,
  TaskDeclaration,
  TaskStep,
} from '../../services/pipelines/declaration/task-declaration.ts'
import type { ReadingsStep } from '../../services/pipelines/files/readings/readings-step.ts'
import { sourceConsumerGroup } from '../../services/worker/pipelines/stream-pipelines.ts'

/** What makes the tasks. */
export function describeSource({ source }: TaskDeclaration): string {
  switch (source.kind) {
    case 'topic':
      return `topic ${source.name}`
    case 'api':
      return 'tasks of the API only'
    case 'schedule':
      return describeRule(source.schedule)
    case 'files':
      return `files ${[...source.match, ...(source.mimetypes ?? [])].join(', ')} in ${source.inbox}`
    default:
      return source satisfies never
  }
}

function describeRule({ rule }: Schedule): string {
  return rule.kind === 'every'
    ? `every ${formatDuration(rule.ms)}`
    : `at ${rule.cron} in ${rule.timeZone}`
}

/** Where the rows of the tasks go. */
export function describeTarget({ to }: TaskDeclaration): string {
  switch (to.kind) {
    case 'none':
      return 'no rows'
    case 'table':
      return `table ${to.table.name}`
    case 'tables':
      return to.mayCreate ? 'tables that the rows name' : 'present tables that the rows name'
    case 'topic':
      return `topic ${to.topic}`
    case 'objects':
      return `objects of the bucket in ${to.folder}`
    default:
      return to satisfies never
  }
}

/** All values of a declaration of tasks, one a line. */
export function describeTasks(declaration: TaskDeclaration): string[] {
  const { concurrency, timeoutMs, retry, errors, progress } = declaration
  const { attempts, firstMs, longestMs } = retry
  return [
    `from      ${describeSource(declaration)}${detailsOfSource(declaration)}`,
    `step      ${describeStep(declaration)}`,
    `tasks     ${concurrency} at the same time in each worker, each at most ${formatDuration(timeoutMs)}`,
    `retry     ${attempts} attempts, after ${formatDuration(firstMs)} and up to ${formatDuration(longestMs)}`,
    `to        ${describeTarget(declaration)}${detailsOfTable(declaration)}`,
    `errors    ${errors === undefined ? 'to no topic' : `to the topic ${errors}`}`,
    `progress  ${progress === undefined ? 'to no topic' : `to the topic ${progress}`}`,
  ]
}

function detailsOfSource({ name, source }: TaskDeclaration): string {
  if (source.kind === 'topic')
    return `, from ${source.start}, group ${sourceConsumerGroup({ name, topic: source })}`
  if (source.kind === 'api') return ''
  if (source.kind === 'files') {
    const { archive, error, canceled, onRepeat } = source
    const repeat = onRepeat === 'skip' ? 'is not loaded again' : 'is loaded again'
    return `; then in ${archive}, ${error} or ${canceled}; content that was loaded before ${repeat}`
  }
  const { window, allowedLatenessMs, catchUp } = source.schedule
  if (window.kind === 'fixed') {
    const [from, to] = [window.fromMs, window.toMs].map((ms) => new Date(ms).toISOString())
    return `, for the window from ${from ?? ''} to ${to ?? ''}`
  }
  const late = source.reads && `, again after late rows of ${source.reads.table}`
  return `, for the window before, ${formatDuration(allowedLatenessMs)} after its end; at most ${catchUp} missed windows${late ?? ''}`
}

function describeStep({ step }: TaskDeclaration): string {
  switch (step.kind) {
    case 'run':
      return `the handler ${step.handler}${describeParams(step)}`
    case 'shell':
      return `the command ${step.command}`
    case 'run-by':
      return `the handler that the field "${step.method}" names, with ${
        step.params === undefined
          ? 'the other fields as its parameters'
          : `the parameters in "${step.params}"`
      }`
    case 'sql':
      return step.file
    case 'map':
      return describeMap(step)
    case 'readings':
      return describeReadings(step)
    default:
      return step satisfies never
  }
}

function describeParams({ params = {} }: Extract<TaskStep, { kind: 'run' }>): string {
  return Object.keys(params).length === 0 ? '' : ` with ${JSON.stringify(params)}`
}

function describeMap({ format, columns, onBadLine, rejectLimit }: FileStep): string {
  const names = columns.map(({ name }) => name).join(', ')
  const bad = onBadLine === 'fail' ? 'no bad lines' : `at most ${rejectLimit} bad lines`
  return `${describeFormat(format)} into the columns ${names}; ${bad}`
}

function describeReadings({ format, vehicle, rejectLimit }: ReadingsStep): string {
  const vehicles =
    vehicle.kind === 'fixed'
      ? `the vehicle ${vehicle.vin}`
      : `the vehicle that ${vehicle.kind === 'field' ? `the field ${JSON.stringify(vehicle.from)}` : 'the name of the file'} names`
  return `records in the format ${format} as readings of ${vehicles}; at most ${rejectLimit} bad lines`
}

function describeFormat(format: FileFormat): string {
  if (format.kind !== 'delimited') return `records in the format ${format.kind}`
  const { hasHeader, delimiter, quote } = format
  const quotes = quote === undefined ? 'no quotes' : `the quote ${quote}`
  return `lines with fields between ${JSON.stringify(delimiter)}, ${quotes}, ${hasHeader ? 'with' : 'without'} a header,`
}

function detailsOfTable({ to }: TaskDeclaration): string {
  if (to.kind !== 'table') return ''
  const { key, onConflict } = to.table
  if (key.length === 0) return ', no key: every row is added'
  return `, key ${key.join(', ')}, on conflict ${onConflict.kind}`
}

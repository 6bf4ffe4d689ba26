import type { Declaration } from '../declaration/declaration.ts'
import type {
  PipelineDeclaration,
  Schedule,
  TaskDeclaration,
} from '../declaration/task-declaration.ts'
import { isTaskDeclaration } from '../declaration/task-declaration.ts'
import { formatDuration } from '../declaration/duration.ts'
import { limits } from '../limits.ts'
import type { SettingValue } from './setting-value.ts'
import { choice, cronRule, duration, trueOrFalse, wholeNumber } from './setting-value.ts'

/** The settings that apply at run time. A new one is one entry here. */

type Setting = Omit<SettingValue<unknown>, 'parse'> & {
  readonly key: string
  /** What it does, its unit, and what applies without it. */
  readonly description: string
}

/** What a pipeline is, as far as settings depend on it. */
const pipelineKinds = ['map', 'task', 'every', 'cron'] as const
type PipelineKind = (typeof pipelineKinds)[number]

export type PipelineSetting = Setting & {
  /** The kinds of pipelines that have it. */
  readonly kinds: readonly PipelineKind[]
  /** The value of a declaration as text; undefined if it has none. */
  readonly valueIn: (declaration: PipelineDeclaration) => string | undefined
  /** Whether a text is a value. The checks in the database accept some texts that are none. */
  readonly accepts: (text: string) => boolean
  /** The declaration with this value. A text that is refused changes nothing. */
  readonly apply: (declaration: PipelineDeclaration, text: string) => PipelineDeclaration
}

export function kindOf(declaration: PipelineDeclaration): PipelineKind {
  if (!isTaskDeclaration(declaration)) return 'map'
  const { source } = declaration
  return source.kind === 'schedule' ? source.schedule.rule.kind : 'task'
}

/** What applies to the other half of `batch` if a setting gives only one. */
const defaultBatch = { records: 5_000, withinMs: 1_000 }

/** A setting of some kinds of pipelines. */
type Entry<D> = Pick<PipelineSetting, 'key' | 'description' | 'kinds'> & {
  readonly valueIn: (declaration: D) => string | undefined
}

function define<D extends PipelineDeclaration, T>(
  entry: Entry<D>,
  value: SettingValue<T>,
  change: (declaration: D, value: T) => Partial<D>,
): PipelineSetting {
  const { parse, ...checks } = value
  const fits = (declaration: PipelineDeclaration): declaration is D =>
    entry.kinds.includes(kindOf(declaration))
  return {
    ...entry,
    ...checks,
    valueIn: (declaration) => (fits(declaration) ? entry.valueIn(declaration) : undefined),
    accepts: (text) => parse(text) !== undefined,
    apply: (declaration, text) => {
      const parsed = parse(text)
      if (parsed === undefined || !fits(declaration)) return declaration
      return { ...declaration, ...change(declaration, parsed) }
    },
  }
}

const ofMap = { kinds: ['map'] } as const
const ofTasks = { kinds: ['task', 'every', 'cron'] } as const

const streamSettings: readonly PipelineSetting[] = [
  define(
    {
      ...ofMap,
      key: 'batch.records',
      description: 'Records are stored when there are so many.',
      valueIn: ({ batch }: Declaration) => batch && String(batch.records),
    },
    wholeNumber(1, limits.batchRecords),
    ({ batch }, records) => ({ batch: { ...(batch ?? defaultBatch), records } }),
  ),
  define(
    {
      ...ofMap,
      key: 'batch.within',
      description: 'Records are stored when the first one has waited so long.',
      valueIn: ({ batch }: Declaration) => batch && formatDuration(batch.withinMs),
    },
    duration(limits.batchWithin),
    ({ batch }, withinMs) => ({ batch: { ...(batch ?? defaultBatch), withinMs } }),
  ),
  define(
    {
      ...ofMap,
      key: 'commit_every',
      description:
        'Records after which the offset is committed to Kafka, for the tools of Kafka only.',
      valueIn: ({ commitEvery }: Declaration) =>
        commitEvery === undefined ? undefined : String(commitEvery),
    },
    wholeNumber(1, limits.commitEvery),
    (_, commitEvery) => ({ commitEvery }),
  ),
]

/** The schedule of a pipeline with another rule. */
function withRule({ source }: TaskDeclaration, rule: Schedule['rule']): Partial<TaskDeclaration> {
  if (source.kind !== 'schedule') return {}
  return { source: { ...source, schedule: { ...source.schedule, rule } } }
}

const ruleOf = ({ source }: TaskDeclaration): Schedule['rule'] | undefined =>
  source.kind === 'schedule' ? source.schedule.rule : undefined

const taskSettings: readonly PipelineSetting[] = [
  define(
    {
      ...ofTasks,
      key: 'concurrency',
      description: 'Tasks of the pipeline that a worker runs at the same time.',
      valueIn: ({ concurrency }: TaskDeclaration) => String(concurrency),
    },
    wholeNumber(1, limits.concurrency),
    (_, concurrency) => ({ concurrency }),
  ),
  define(
    {
      ...ofTasks,
      key: 'timeout',
      description: 'After this time an attempt to run a task is ended.',
      valueIn: ({ timeoutMs }: TaskDeclaration) => formatDuration(timeoutMs),
    },
    duration(limits.taskTimeout),
    (_, timeoutMs) => ({ timeoutMs }),
  ),
  define(
    {
      ...ofTasks,
      key: 'retry.attempts',
      description: 'How often a task is tried before it is failed.',
      valueIn: ({ retry }: TaskDeclaration) => String(retry.attempts),
    },
    wholeNumber(1, limits.attempts),
    ({ retry }, attempts) => ({ retry: { ...retry, attempts } }),
  ),
  define(
    {
      kinds: ['every'],
      key: 'schedule.every',
      description: 'Time between two runs. The windows begin at its multiples since 1970, in UTC.',
      valueIn: (declaration: TaskDeclaration) => {
        const rule = ruleOf(declaration)
        return rule?.kind === 'every' ? formatDuration(rule.ms) : undefined
      },
    },
    duration(limits.scheduleEvery.maximum, limits.scheduleEvery.minimum),
    (declaration, ms) => withRule(declaration, { kind: 'every', ms }),
  ),
  define(
    {
      kinds: ['cron'],
      key: 'schedule.cron',
      description: 'When it runs: minute, hour, day of the month, month, day of the week.',
      valueIn: (declaration: TaskDeclaration) => {
        const rule = ruleOf(declaration)
        return rule?.kind === 'cron' ? rule.cron : undefined
      },
    },
    cronRule,
    (declaration, cron) => {
      const rule = ruleOf(declaration)
      return rule?.kind === 'cron' ? withRule(declaration, { ...rule, cron }) : {}
    },
  ),
]

export const pipelineSettings: readonly PipelineSetting[] = [
  define(
    {
      kinds: pipelineKinds,
      key: 'enabled',
      description: 'Whether the pipeline runs. Its records and tasks wait while it does not.',
      valueIn: ({ isEnabled }: PipelineDeclaration) => String(isEnabled),
    },
    trueOrFalse,
    (_, isEnabled) => ({ isEnabled }),
  ),
  ...streamSettings,
  ...taskSettings,
]

const { parse: parseLogLevel, ...logLevelChecks } = choice('error', 'warn', 'info', 'debug')

/** The settings of all workers. */
const workerSettings: readonly Setting[] = [
  {
    key: 'log_level',
    description: 'Lowest level of the log lines of the workers. Without it: services.logLevel.',
    ...logLevelChecks,
  },
]

/** Stands for all workers in place of a pipeline. */
export const workerName = 'worker'

export const settingScopes = {
  workerName,
  ofWorkers: workerSettings,
  ofPipelines: pipelineSettings,
  kinds: pipelineKinds,
}

/** A setting as the table `setting` has it. */
export type SetValue = { readonly pipeline: string; readonly key: string; readonly value: string }

/** The level that is set for all workers; undefined if none is. */
export function logLevelOf(settings: readonly SetValue[]): string | undefined {
  const set = settings.find(({ pipeline, key }) => pipeline === workerName && key === 'log_level')
  return set && parseLogLevel(set.value)
}

/** The declaration that applies: the one of the file with the settings that are set. */
export function effectiveDeclaration<D extends PipelineDeclaration>(
  declaration: D,
  settings: readonly SetValue[],
): D {
  const effective = settings
    .filter(({ pipeline }) => pipeline === declaration.name)
    .reduce<PipelineDeclaration>((before, { key, value }) => {
      const setting = pipelineSettings.find((each) => each.key === key)
      return setting?.apply(before, value) ?? before
    }, declaration)
  // A setting does not change the kind of a declaration.
  return effective as D
}

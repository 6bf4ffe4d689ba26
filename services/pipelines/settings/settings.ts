import type { Declaration } from '../declaration/declaration.ts'
import { formatDuration } from '../declaration/duration.ts'
import { limits } from '../limits.ts'
import type { SettingValue } from './setting-value.ts'
import { choice, duration, trueOrFalse, wholeNumber } from './setting-value.ts'

/** The settings that apply at run time. A new one is one entry here. */

type Setting = Omit<SettingValue<unknown>, 'parse'> & {
  readonly key: string
  /** What it does, its unit, and what applies without it. */
  readonly description: string
}

export type PipelineSetting = Setting & {
  /** The value of a declaration as text; undefined if it has none. */
  readonly valueIn: (declaration: Declaration) => string | undefined
  /** The declaration with this value. A text that is refused changes nothing. */
  readonly apply: (declaration: Declaration, text: string) => Declaration
}

/** What applies to the other half of `batch` if a setting gives only one. */
const defaultBatch = { records: 5_000, withinMs: 1_000 }

function define<T>(
  entry: Pick<PipelineSetting, 'key' | 'description' | 'valueIn'>,
  value: SettingValue<T>,
  change: (declaration: Declaration, value: T) => Partial<Declaration>,
): PipelineSetting {
  const { parse, ...checks } = value
  return {
    ...entry,
    ...checks,
    apply: (declaration, text) => {
      const parsed = parse(text)
      if (parsed === undefined) return declaration
      return { ...declaration, ...change(declaration, parsed) }
    },
  }
}

export const pipelineSettings: readonly PipelineSetting[] = [
  define(
    {
      key: 'enabled',
      description: 'Whether the pipeline runs. Its records wait in Kafka while it does not.',
      valueIn: ({ isEnabled }) => String(isEnabled),
    },
    trueOrFalse,
    (_, isEnabled) => ({ isEnabled }),
  ),
  define(
    {
      key: 'batch.records',
      description: 'Records are stored when there are so many.',
      valueIn: ({ batch }) => batch && String(batch.records),
    },
    wholeNumber(1, limits.batchRecords),
    ({ batch }, records) => ({ batch: { ...(batch ?? defaultBatch), records } }),
  ),
  define(
    {
      key: 'batch.within',
      description: 'Records are stored when the first one has waited so long.',
      valueIn: ({ batch }) => batch && formatDuration(batch.withinMs),
    },
    duration(limits.batchWithin),
    ({ batch }, withinMs) => ({ batch: { ...(batch ?? defaultBatch), withinMs } }),
  ),
  define(
    {
      key: 'commit_every',
      description:
        'Records after which the offset is committed to Kafka, for the tools of Kafka only.',
      valueIn: ({ commitEvery }) => (commitEvery === undefined ? undefined : String(commitEvery)),
    },
    wholeNumber(1, limits.commitEvery),
    (_, commitEvery) => ({ commitEvery }),
  ),
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
}

/** A setting as the table `setting` has it. */
export type SetValue = { readonly pipeline: string; readonly key: string; readonly value: string }

/** The level that is set for all workers; undefined if none is. */
export function logLevelOf(settings: readonly SetValue[]): string | undefined {
  const set = settings.find(({ pipeline, key }) => pipeline === workerName && key === 'log_level')
  return set && parseLogLevel(set.value)
}

/** The declaration that applies: the one of the file with the settings that are set. */
export function effectiveDeclaration(
  declaration: Declaration,
  settings: readonly SetValue[],
): Declaration {
  return settings
    .filter(({ pipeline }) => pipeline === declaration.name)
    .reduce((effective, { key, value }) => {
      const setting = pipelineSettings.find((each) => each.key === key)
      return setting?.apply(effective, value) ?? effective
    }, declaration)
}

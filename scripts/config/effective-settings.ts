import type { StoredPipeline } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { fromStored } from '../../services/pipelines/declaration/stored-declaration.ts'
import type { SetValue } from '../../services/pipelines/settings/settings.ts'
import {
  effectiveDeclaration,
  kindOf,
  logLevelOf,
  pipelineSettings,
  workerName,
} from '../../services/pipelines/settings/settings.ts'

/** A setting with the value in effect. */
export type EffectiveSetting = {
  readonly name: string
  readonly value: string
  readonly source: 'setting' | 'file' | 'default'
}

/** The value of a setting that neither the file nor a setting has. */
const unset = 'none'

/** All settings. @param logLevel the level of the configuration file */
export function effectiveSettings(
  pipelines: readonly StoredPipeline[],
  set: readonly SetValue[],
  logLevel: string,
): EffectiveSetting[] {
  const setLevel = logLevelOf(set)
  const ofWorkers: EffectiveSetting = {
    name: `${workerName}.log_level`,
    value: setLevel ?? logLevel,
    source: setLevel === undefined ? 'file' : 'setting',
  }
  return [...pipelines.flatMap((pipeline) => settingsOf(pipeline, set)), ofWorkers]
}

/** After a reset a pipeline has no declaration, so no values until a worker reads the file again. */
function settingsOf({ name, declaration }: StoredPipeline, set: readonly SetValue[]) {
  if (declaration === null) return []
  const ofFile = fromStored(declaration)
  const effective = effectiveDeclaration(ofFile, set)
  const own = pipelineSettings.filter(({ kinds }) => kinds.includes(kindOf(ofFile)))
  return own.map(({ key, valueIn }): EffectiveSetting => {
    const isSet = set.some((each) => each.pipeline === name && each.key === key)
    const other = valueIn(ofFile) === undefined ? 'default' : 'file'
    return {
      name: `${name}.${key}`,
      value: valueIn(effective) ?? unset,
      source: isSet ? 'setting' : other,
    }
  })
}

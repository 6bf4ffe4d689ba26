import pg from 'pg'

/** The checks of the table `setting` in SQL, made from the list of settings. */

/** A whole number, or one with a unit. Both limits are included. */
type NumberLimits = {
  readonly minimum: number
  readonly maximum: number
  /** What one of each unit is worth; none for a number without a unit. */
  readonly units: Readonly<Record<string, number>>
}

/** What is checked of a value. */
type CheckedSetting = {
  readonly key: string
  /** Completes "expected …". */
  readonly expected: string
  /** Regular expression that a value must match, in the syntax that JavaScript and Postgres share. */
  readonly pattern: string
  readonly limits?: NumberLimits
}

type PipelineSetting = CheckedSetting & {
  /** The kinds of pipelines that have it. */
  readonly kinds: readonly string[]
}

export type SettingScopes = {
  /** The name that stands for all workers in place of a pipeline. */
  readonly workerName: string
  readonly ofWorkers: readonly CheckedSetting[]
  readonly ofPipelines: readonly PipelineSetting[]
  /** All kinds of pipelines. */
  readonly kinds: readonly string[]
}

/** Replaces the functions that the trigger of the table `setting` calls. */
export async function replaceSettingChecks(
  client: pg.ClientBase,
  scopes: SettingScopes,
): Promise<void> {
  await client.query(`${nameCheck(scopes)};\n${valueCheck(scopes)}`)
}

const literal = (text: string): string => pg.escapeLiteral(text)
const keysOf = (settings: readonly CheckedSetting[]): string =>
  settings.map(({ key }) => literal(key)).join(', ')

/** The kind of a pipeline, by its declaration; null after a reset. */
const kindOfPipeline = `(SELECT CASE WHEN declaration ->> 'kind' IS NOT NULL
      THEN coalesce(declaration #>> '{source,schedule,rule,kind}', 'task')
      WHEN declaration IS NOT NULL THEN 'map' END
    FROM public.pipeline WHERE name = pipeline_name)`

/** The function that checks pipeline and key. It returns a sentence, or null. */
function nameCheck({ workerName, ofWorkers, ofPipelines, kinds }: SettingScopes): string {
  const workerKeys = ofWorkers.map(({ key }) => `${workerName}.${key}`).join(', ')
  const branches = kinds.map((kind) => {
    const own = ofPipelines.filter((setting) => setting.kinds.includes(kind))
    return `WHEN ${literal(kind)} THEN ${keyCheck(own, 'the pipeline')}`
  })
  return `CREATE OR REPLACE FUNCTION public.setting_fault(pipeline_name text, setting_key text)
RETURNS text LANGUAGE sql STABLE AS $function$
  SELECT CASE
    WHEN pipeline_name = ${literal(workerName)} AND setting_key IN (${keysOf(ofWorkers)}) THEN NULL
    WHEN pipeline_name IN (SELECT name FROM public.pipeline) THEN CASE ${kindOfPipeline}
      ${branches.join('\n      ')}
      ELSE ${keyCheck(ofPipelines, 'pipelines')} END
    WHEN pipeline_name = ${literal(workerName)} THEN
      format('There is no setting "%s.%s"; the workers have: %s.', pipeline_name, setting_key, ${literal(workerKeys)})
    ELSE format('There is no pipeline "%s"; %s. The settings of all workers are: %s.', pipeline_name,
      coalesce((SELECT 'the declared ones are: ' || string_agg(name, ', ' ORDER BY name) FROM public.pipeline),
        'none is declared'), ${literal(workerKeys)})
  END
$function$`
}

/** @param owner completes "… has" or "… have" */
function keyCheck(
  settings: readonly CheckedSetting[],
  owner: 'the pipeline' | 'pipelines',
): string {
  const keys = settings.map(({ key }) => key).join(', ')
  const has = owner === 'pipelines' ? `${owner} have` : `${owner} has`
  return `CASE WHEN setting_key IN (${keysOf(settings)}) THEN NULL
        ELSE format('There is no setting "%s.%s"; ${has}: %s.', pipeline_name, setting_key, ${literal(keys)}) END`
}

/** The function that checks a value. It returns a sentence, or null. */
function valueCheck({ workerName, ofWorkers, ofPipelines }: SettingScopes): string {
  const branches = [
    ...ofWorkers.map(
      (setting) => `WHEN pipeline_name = ${literal(workerName)} AND ${branch(setting)}`,
    ),
    ...ofPipelines.map((setting) => `WHEN ${branch(setting)}`),
  ]
  return `CREATE OR REPLACE FUNCTION public.setting_value_fault(pipeline_name text, setting_key text, given text)
RETURNS text LANGUAGE sql IMMUTABLE AS $function$
  SELECT format('%s.%s: expected %s, not %s.', pipeline_name, setting_key, expected,
    coalesce('"' || CASE WHEN length(given) > 100 THEN left(given, 100) || '…' ELSE given END || '"', 'null'))
  FROM (SELECT CASE
    ${branches.join('\n    ')}
  END) AS checked (expected)
  WHERE expected IS NOT NULL
$function$`
}

/** Yields what is expected if the value is wrong. */
function branch({ key, expected, pattern, limits }: CheckedSetting): string {
  const isInRange = limits === undefined ? 'true' : inRange(limits)
  // CASE, not AND: only CASE has a fixed order, and a text that is no number cannot be cast.
  return `setting_key = ${literal(key)} THEN
      CASE WHEN given ~ ${literal(pattern)} THEN CASE WHEN ${isInRange} THEN NULL ELSE ${literal(expected)} END
      ELSE ${literal(expected)} END`
}

function inRange({ minimum, maximum, units }: NumberLimits): string {
  const cases = Object.entries(units).map(([unit, worth]) => `WHEN ${literal(unit)} THEN ${worth}`)
  const unit =
    cases.length === 0 ? '1' : `CASE substring(given from '[a-z]+$') ${cases.join(' ')} END`
  return `substring(given from '^[0-9]+')::bigint * ${unit} BETWEEN ${minimum} AND ${maximum}`
}

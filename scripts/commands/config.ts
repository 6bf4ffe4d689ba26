import { userInfo } from 'node:os'
import { InputError, UserError } from '../../infra/checks/user-error.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import type { SettingName } from '../../services/adapters/postgres/settings/setting-store.ts'
import {
  PostgresSettingStore,
  RefusedSettingError,
} from '../../services/adapters/postgres/settings/setting-store.ts'
import { pipelineSettings } from '../../services/pipelines/settings/settings.ts'
import { print } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import type { EffectiveSetting } from '../config/effective-settings.ts'
import { effectiveSettings } from '../config/effective-settings.ts'
import type { ConfigRequest } from '../config/request.ts'
import { parseRequest } from '../config/request.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'

/** `npm run config`: shows and changes the settings that apply at run time. */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(() => answer(parseRequest(args)))
}

/** The settings that are set, and all with the values in effect. */
type Session = {
  readonly settings: PostgresSettingStore
  readonly readAll: () => Promise<EffectiveSetting[]>
}

const changesShown = 100

async function answer(request: ConfigRequest): Promise<number> {
  const platform = await findPlatform(request.choice)
  if (!platform) throw new UserError(noPlatform)
  const { config } = platform
  const pool = await platform.pool()
  const settings = new PostgresSettingStore(pool)
  const pipelines = new PostgresPipelineStore(pool)
  const readAll = async () =>
    effectiveSettings(await pipelines.list(), await settings.list(), config.services.logLevel)
  try {
    await execute(request, { settings, readAll })
    return 0
  } finally {
    await pool.end()
  }
}

async function execute(request: ConfigRequest, session: Session): Promise<void> {
  const { settings, readAll } = session
  switch (request.kind) {
    case 'list': {
      const rows = (await readAll()).map(({ name, value, source }) => [name, value, source])
      print(formatTable(['setting', 'value', 'from'], rows))
      return
    }
    case 'get':
      print((await findSetting(session, request.key)).value)
      return
    case 'set':
      await checkValue(session, request)
      await set(settings, toName(request.key), request.value)
      print(`Set ${request.key} to ${request.value}. Workers apply it within a second.`)
      return
    case 'unset':
      await unset(session, request.key)
      return
    case 'history':
      await history(settings, request.key)
      return
    default:
      request satisfies never
  }
}

/** The name of a pipeline has no dot; a key may have some. */
function toName(text: string): SettingName {
  const [pipeline = '', ...key] = text.split('.')
  return { pipeline, key: key.join('.') }
}

/** @throws InputError with the names that exist */
async function findSetting(
  { settings, readAll }: Session,
  name: string,
): Promise<EffectiveSetting> {
  const fault = await settings.faultOf(toName(name))
  if (fault !== undefined) throw new InputError(fault)
  const found = (await readAll()).find((setting) => setting.name === name)
  if (found) return found
  throw new InputError(
    `The pipeline ${toName(name).pipeline} was reset. It has no settings until a worker reads its file again.`,
  )
}

/** What the database does not check, e.g. that a cron rule comes at all. */
async function checkValue(
  { settings }: Session,
  { key, value }: { readonly key: string; readonly value: string },
): Promise<void> {
  const name = toName(key)
  const setting = pipelineSettings.find((each) => each.key === name.key)
  if (setting === undefined || setting.accepts(value)) return
  const fault = await settings.faultOf(name)
  throw new InputError(fault ?? `${key}: expected ${setting.expected}, not "${value}".`)
}

async function set(
  settings: PostgresSettingStore,
  name: SettingName,
  value: string,
): Promise<void> {
  try {
    await settings.set({ ...name, value }, userInfo().username)
  } catch (error) {
    if (error instanceof RefusedSettingError) throw new InputError(error.message)
    throw error
  }
}

async function unset(session: Session, key: string): Promise<void> {
  const { settings } = session
  if (await settings.unset(toName(key), userInfo().username)) {
    print(`Removed the setting ${key}. The value of the file applies again.`)
    return
  }
  const fault = await settings.faultOf(toName(key))
  throw new InputError(fault ?? `The setting ${key} is not set.`)
}

async function history(settings: PostgresSettingStore, key: string | undefined): Promise<void> {
  if (key !== undefined) {
    const fault = await settings.faultOf(toName(key))
    if (fault !== undefined) throw new InputError(fault)
  }
  const changes = await settings.changes(changesShown, key === undefined ? key : toName(key))
  const rows = changes.map((change) => [
    ...[change.changedAt.toISOString(), change.changedBy, `${change.pipeline}.${change.key}`],
    ...[change.oldValue ?? '', change.newValue ?? ''],
  ])
  print(formatTable(['when', 'by', 'setting', 'old value', 'new value'], rows))
}

import type { EnvironmentReader } from '../../runtime/env.ts'

export type ClickHouseSettings = {
  readonly url: string
  readonly user: string
  /** Empty for a user without a password. */
  readonly password: string
}

/** The server from `CLICKHOUSE_*`; undefined if there is none. */
export function readClickHouseEnv(env: EnvironmentReader): ClickHouseSettings | undefined {
  const url = env.optionalText('CLICKHOUSE_URL')
  if (url === undefined) return undefined
  env.expect(URL.canParse(url), 'CLICKHOUSE_URL', 'the URL of a ClickHouse server')
  const user = env.text('CLICKHOUSE_USER', 'a user of ClickHouse')
  return { url, user, password: env.optionalToken('CLICKHOUSE_PASSWORD_FILE') ?? '' }
}

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const images = new URL('../../infra/docker/images/', import.meta.url)

/** Text of the configuration of the ingress, and of its program in Lua. */
export const haproxyConfiguration = readFileSync(new URL('haproxy.cfg', images), 'utf8')
export const certificateProgram = readFileSync(new URL('certificate.lua', images), 'utf8')

/** Undefined if HAProxy is not installed. */
export function versionOfHaproxy(): number | undefined {
  const found = /version (\d+\.\d+)/.exec(String(spawnSync('haproxy', ['-v']).stdout))
  return found === null ? undefined : Number(found[1])
}

/** One producer at a fixed address, instead of those that the engine's DNS knows. */
export function withServer(given: string, { main, ops }: { main: number; ops: number }): string {
  const fixed = given.replace(/server-template .*/, `server producer-1 127.0.0.1:${main}`)
  return fixed.replace('check port 8081', `check port ${ops}`)
}

/** HAProxy before 2.9 cannot send the secret. */
export const withoutSecret = (given: string): string =>
  given.replace(/set-proxy-v2-tlv-fmt\S* "\S+"/, '')

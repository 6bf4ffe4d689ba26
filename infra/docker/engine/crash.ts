import type { PlatformConfig } from '../../config/config-schema.ts'
import { docker } from './engine.ts'
import { nameOf } from '../names.ts'

/** What the engine says of a container's state. */
type State = { readonly Pid: number; readonly Health?: { readonly Status: string } }

export async function containerState(config: PlatformConfig, service: string): Promise<State> {
  const text = await docker('inspect', '--format', '{{json .State}}', nameOf(config, service))
  return JSON.parse(text) as State
}

/**
 * `kill -9` of a service's main process, from outside of its container: the engine takes it for a
 * crash, which `docker kill` is none for it. A container that sees the engine's processes does it,
 * so that the engine may be elsewhere.
 */
export async function crashContainer(config: PlatformConfig, service: string): Promise<void> {
  const { Pid } = await containerState(config, service)
  const privileges = ['--pid', 'host', '--network', 'none', '--user', '0']
  const kill = ['--entrypoint', 'sh', config.images.node, '-c', `kill -9 ${Pid}`]
  await docker('run', '--rm', ...privileges, ...kill)
}

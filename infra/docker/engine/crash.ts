import type { PlatformConfig } from '../../config/config-schema.ts'
import { docker } from './engine.ts'
import { nameOf } from '../names.ts'

/** A container's state, as the engine reports it. */
type State = { readonly Pid: number; readonly Health?: { readonly Status: string } }

export async function containerState(config: PlatformConfig, service: string): Promise<State> {
  const text = await docker('inspect', '--format', '{{json .State}}', nameOf(config, service))
  return JSON.parse(text) as State
}

/**
 * Kills a service's main process with `kill -9` from outside its container. The engine then treats it as
 * a crash, which it does not after `docker kill`. A container in the engine's pid namespace does it, so
 * that the engine may run on another machine.
 */
export async function crashContainer(config: PlatformConfig, service: string): Promise<void> {
  const { Pid } = await containerState(config, service)
  const privileges = ['--pid', 'host', '--network', 'none', '--user', '0']
  const kill = ['--entrypoint', 'sh', config.images.node, '-c', `kill -9 ${Pid}`]
  await docker('run', '--rm', ...privileges, ...kill)
}

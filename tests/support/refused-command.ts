import { spawnSync } from 'node:child_process'
import { root } from '../../scripts/platform/paths.ts'
import { TemporaryFolder } from './temporary-folder.ts'

export type Refusal = { readonly code: number | null; readonly lines: readonly string[] }

/** Longer than a start on a busy machine, and shorter than the timeout of a test. */
const timeout = 50_000

/** Hides npm's and the user's settings, and platforms on Docker. */
const surroundings = { NO_COLOR: '1', DOCKER_HOST: 'unix:///nowhere/docker.sock' }

/**
 * Runs a shell command in the clone to its end. A command that does not end is killed; its code is
 * null then.
 *
 * @param env variables that replace those of the tests; by default the state folder is empty
 */
export function runToRefusal(
  shellLine: string,
  env: Readonly<Record<string, string>> = {},
): Refusal {
  using home = new TemporaryFolder()
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `exec ${shellLine}`], {
    cwd: root,
    env: { ...process.env, ...surroundings, AV_TELEMETRY_HOME: home.path, ...env },
    encoding: 'utf8',
    timeout,
    killSignal: 'SIGKILL',
  })
  return { code: status, lines: `${stdout}${stderr}`.trimEnd().split('\n') }
}

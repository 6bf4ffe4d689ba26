import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { UserError } from '../../checks/user-error.ts'

const execute = promisify(execFile)

/** There is no `docker` command on this machine. */
export class NoDockerError extends UserError {}

/**
 * Runs the `docker` command. It knows contexts and `DOCKER_HOST`.
 *
 * @returns its standard output
 * @throws NoDockerError if the command is not installed; else an error with its message
 */
export function docker(...args: readonly string[]): Promise<string> {
  return dockerWithInput('', ...args)
}

/** The same, with a text on standard input. */
export async function dockerWithInput(input: string, ...args: readonly string[]): Promise<string> {
  try {
    const running = execute('docker', [...args], { maxBuffer: 64 * 1024 * 1024 })
    // A command that does not read may end before everything is written.
    running.child.stdin?.on('error', () => undefined)
    running.child.stdin?.end(input)
    const { stdout } = await running
    return stdout.trim()
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'ENOENT') {
      throw new NoDockerError(
        'The docker command is not installed. Install Docker (docs.docker.com/engine/install), or run the platform without it: npm start.',
      )
    }
    throw new Error(`docker ${args[0] ?? ''} failed: ${(stderr ?? '').trim()}`, { cause: error })
  }
}

/** Properties of the engine. */
export type Engine = {
  /** The platform of its images, e.g. `linux/amd64`. */
  readonly platform: string
  /** Whether it supports more frequent health checks during the start of a container (API 1.44 or later). */
  readonly knowsStartInterval: boolean
}

/** @throws UserError if the engine does not answer */
export async function askEngine(): Promise<Engine> {
  try {
    const format = '{{.Server.Os}}/{{.Server.Arch}} {{.Server.APIVersion}}'
    const [platform = '', version = ''] = (await docker('version', '--format', format)).split(' ')
    const [major = 0, minor = 0] = version.split('.').map(Number)
    return { platform, knowsStartInterval: major > 1 || minor >= 44 }
  } catch (error) {
    if (error instanceof UserError) throw error
    const reason = (error as Error).message.split('\n').at(-1) ?? ''
    throw new UserError(
      `The Docker engine does not answer (${reason}). Start it (systemctl start docker, or Docker Desktop), and check that you may use it.`,
    )
  }
}

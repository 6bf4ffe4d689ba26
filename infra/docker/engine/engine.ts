import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { UserError } from '../../checks/user-error.ts'

const execute = promisify(execFile)

/**
 * Runs the engine's own command, which knows which engine is meant (contexts, `DOCKER_HOST`).
 *
 * @returns what it printed
 * @throws UserError where there is no such command; else an error with its message
 */
export function docker(...args: readonly string[]): Promise<string> {
  return dockerWithInput('', ...args)
}

/** The same, with a text on its standard input. */
export async function dockerWithInput(input: string, ...args: readonly string[]): Promise<string> {
  try {
    const running = execute('docker', [...args], { maxBuffer: 64 * 1024 * 1024 })
    // A command that reads nothing may have gone before all of it is written.
    running.child.stdin?.on('error', () => undefined)
    running.child.stdin?.end(input)
    const { stdout } = await running
    return stdout.trim()
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'ENOENT') {
      throw new UserError(
        'There is no docker command: install Docker (docs.docker.com/engine/install), or run the platform without it by npm start.',
      )
    }
    throw new Error(`docker ${args[0] ?? ''} failed: ${(stderr ?? '').trim()}`, { cause: error })
  }
}

/** What the engine says of itself. */
export type Engine = {
  /** What images are built for, e.g. `linux/amd64`. */
  readonly platform: string
  /** Whether health checks may be asked for more often while a container starts: since API 1.44. */
  readonly knowsStartInterval: boolean
}

/** @throws UserError where the engine does not answer */
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
      `The Docker engine does not answer (${reason}): start it (systemctl start docker, or Docker Desktop), and see that you may use it.`,
    )
  }
}

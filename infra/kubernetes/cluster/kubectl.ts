import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { UserError } from '../../checks/user-error.ts'

/** A text as one word of a shell command. */
export const inQuotes = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const execute = promisify(execFile)

/** Seconds after which a request without an answer fails. */
const requestSeconds = 20
/** Commands that wait for something or stay connected. They have other limits. */
const longCommands = ['wait', 'rollout', 'delete', 'drain', 'exec', 'run', 'logs', 'port-forward']

/** There is no `kubectl` command on this machine. */
export class NoKubectlError extends UserError {}

/**
 * Runs `kubectl` on the current context.
 *
 * @returns its standard output
 * @throws NoKubectlError if the command is not installed; UserError if a right is missing; else an error with its
 *   message
 */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const command = args.find((arg) => !arg.startsWith('-')) ?? ''
  const isLong = longCommands.includes(command)
  // Also a program that gets credentials may not answer.
  const limit = isLong ? {} : { timeout: 2 * requestSeconds * 1_000 }
  const limitOption = isLong ? [] : [`--request-timeout=${requestSeconds}s`]
  try {
    const options = { maxBuffer: 64 * 1024 * 1024, ...limit }
    const { stdout } = await execute('kubectl', [...limitOption, ...args], options)
    return stdout.trim()
  } catch (error) {
    const { code, stderr = '', killed } = error as Failure
    if (code === 'ENOENT') {
      throw new NoKubectlError(
        'The kubectl command is not installed. Install it (kubernetes.io/docs/tasks/tools) and give it a context of your cluster.',
      )
    }
    const missing = missingRight(stderr)
    if (missing !== undefined) throw new UserError(missing)
    const reason = killed === true ? `no answer in ${2 * requestSeconds} s` : stderr.trim()
    throw new Error(`kubectl ${command} failed: ${reason}`, { cause: error })
  }
}

type Failure = NodeJS.ErrnoException & { readonly stderr?: string; readonly killed?: boolean }

/**
 * The sentence for an answer that refuses a request because of a missing right; undefined for any other.
 *
 * @param stderr what kubectl printed
 */
export function missingRight(stderr: string): string | undefined {
  const refusal = /User "(.*?)" cannot (\w+) (?:resource|path) "(.*?)"(.*)/.exec(stderr)
  if (!stderr.includes('Forbidden') || refusal === null) return undefined
  const [, user = '', verb = '', what = '', rest = ''] = refusal
  const namespace = /in the namespace "(.*?)"/.exec(rest)?.[1]
  const place = namespace === undefined ? 'in the whole cluster' : `in the namespace ${namespace}`
  const option = namespace === undefined ? ' --all-namespaces' : ` --namespace ${namespace}`
  return `The user ${user} of the cluster may not ${verb} ${what} ${place}. Give it this right, or choose a context of another user. Check it with: kubectl auth can-i ${verb} ${what}${option}`
}

/** A list of objects, or one object, as the API server answers it. Undefined if there is none. */
export async function kubectlGet<Answer>(...args: readonly string[]): Promise<Answer | undefined> {
  const text = await kubectl('get', ...args, '--ignore-not-found', '--output=json')
  return text === '' ? undefined : (JSON.parse(text) as Answer)
}

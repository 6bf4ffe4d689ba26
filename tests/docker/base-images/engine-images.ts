import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { works } from './run-program.ts'

/** Whether the engine has an image with this name. */
export async function isPresent(image: string): Promise<boolean> {
  return works('docker', ['image', 'inspect', image])
}

/**
 * Result of a pull. `refused`: the registry answered, but does not give this image. `unreachable`:
 * no registry answered.
 */
export type PullResult = 'pulled' | 'refused' | 'unreachable'

/** A pull without new output for this time is stopped. */
const stallTimeoutSeconds = 180

const refusals = /manifest|not found|denied|unauthorized|toomanyrequests|no matching|not supported/i

/**
 * Pulls an image.
 *
 * @param answerTimeoutSeconds time limit for the first output of the pull; the download itself may
 *   take longer
 */
export async function pull(image: string, answerTimeoutSeconds: number): Promise<PullResult> {
  const child = spawn('docker', ['pull', image], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const stop = () => child.kill()
  let timer = setTimeout(stop, answerTimeoutSeconds * 1000)
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      clearTimeout(timer)
      timer = setTimeout(stop, stallTimeoutSeconds * 1000)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  if (code === 0) return 'pulled'
  return refusals.test(output) ? 'refused' : 'unreachable'
}

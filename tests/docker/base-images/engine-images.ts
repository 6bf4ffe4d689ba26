import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { works } from './run-program.ts'

/** Whether the engine has an image of this name. */
export async function isPresent(image: string): Promise<boolean> {
  return works('docker', ['image', 'inspect', image])
}

/**
 * How a pull ended: the registry gave the image, it said no to this one, or nothing that could
 * answer was reached.
 */
export type Pull = 'pulled' | 'refused' | 'no way out'

/** A registry that answers, but sends no part of a layer for so long, has hung, in seconds. */
const stallSeconds = 180

const refusals = /manifest|not found|denied|unauthorized|toomanyrequests|no matching|not supported/i

/**
 * Pulls an image.
 *
 * @param patience how long to wait for the registry's first answer, in seconds; an image that is on
 *   its way may take longer
 */
export async function pull(image: string, patience: number): Promise<Pull> {
  const child = spawn('docker', ['pull', image], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const stop = () => child.kill()
  let timer = setTimeout(stop, patience * 1000)
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      clearTimeout(timer)
      timer = setTimeout(stop, stallSeconds * 1000)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  if (code === 0) return 'pulled'
  return refusals.test(output) ? 'refused' : 'no way out'
}

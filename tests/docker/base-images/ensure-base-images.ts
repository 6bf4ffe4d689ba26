import { findVersitygw } from '../../../scripts/platform/versitygw.ts'
import { ensureDebianBase } from './debian-base.ts'
import { isPresent, pull } from './engine-images.ts'
import type { PrintLine } from './run-program.ts'
import type { BaseRole } from './stand-ins.ts'
import { baseRoles, buildStandIn } from './stand-ins.ts'

/** Time limits for the answer of a registry: normally, and after a registry was unreachable. */
const answerTimeoutSeconds = { normal: 20, unreachable: 3 }

/**
 * Makes sure that the engine has every base image. Missing images are pulled. If an image cannot be pulled, a
 * stand-in is built under its name; it has the interface of the official image. The image of versitygw stays
 * missing if it cannot be pulled and Go is not installed. The images stay on the engine.
 *
 * @param images name of the image of each role, from the configuration
 * @param printLine gets one line for every stand-in that is built
 */
export async function ensureBaseImages(
  images: Readonly<Record<BaseRole, string>>,
  printLine: PrintLine,
): Promise<void> {
  let timeoutSeconds = answerTimeoutSeconds.normal
  for (const role of baseRoles) {
    const image = images[role]
    if (await isPresent(image)) continue
    const result = await pull(image, timeoutSeconds)
    if (result === 'pulled') continue
    if (result === 'unreachable') timeoutSeconds = answerTimeoutSeconds.unreachable
    if (role === 'versitygw' && findVersitygw() === undefined) {
      printLine(
        `${image} cannot be pulled (${result}), and Go, which builds it, is not installed. The tests of files on Docker are skipped.`,
      )
      continue
    }
    await ensureDebianBase(printLine)
    printLine(`${image} cannot be pulled (${result}). Building a STAND-IN with its name (once) ...`)
    await buildStandIn(role, image)
  }
}

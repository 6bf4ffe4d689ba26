import { ensureDebianBase } from './debian-base.ts'
import { isPresent, pull } from './engine-images.ts'
import type { Say } from './run-program.ts'
import type { BaseRole } from './stand-ins.ts'
import { baseRoles, makeStandIn } from './stand-ins.ts'

/** How long a registry may take to answer at all, in seconds, and once it is known to be out of reach. */
const patience = { first: 20, withoutHope: 3 }

/**
 * Makes sure that the engine has every image under its name: it has it, or it pulls it, or a
 * stand-in of ours that keeps the official image's contract takes its place. The engine keeps them.
 *
 * @param images name of the image of each role, as the configuration has it
 * @param say takes one line for every image that is a stand-in
 */
export async function ensureBaseImages(
  images: Readonly<Record<BaseRole, string>>,
  say: Say,
): Promise<void> {
  let seconds = patience.first
  for (const role of baseRoles) {
    const image = images[role]
    if (await isPresent(image)) continue
    const end = await pull(image, seconds)
    if (end === 'pulled') continue
    if (end === 'no way out') seconds = patience.withoutHope
    await ensureDebianBase(say)
    say(`${image} can't be pulled (${end}): making a STAND-IN of the same name (once) ...`)
    await makeStandIn(role, image)
  }
}

import { docker } from './docker/index.ts'
import { kubernetes } from './kubernetes/index.ts'
import { local } from './local/index.ts'
import type { Target } from './target.ts'

/** The targets, in the order in which commands look for a platform. */
export const targets: readonly Target[] = [local, docker, kubernetes]

export const targetNames = targets.map(({ name }) => name)

/** @throws Error if there is no target with the name */
export function targetOf(name: string): Target {
  const target = targets.find((each) => each.name === name)
  if (target === undefined) throw new Error(`there is no target ${name}`)
  return target
}

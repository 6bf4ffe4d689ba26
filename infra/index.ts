import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as pulumi from '@pulumi/pulumi'
import type { Outputs } from './containers/outputs.ts'

// The Pulumi program: renders the topology on the target of the stack.

/** Imported late, because the packages of the other target are large. */
const targets: Readonly<Record<string, () => Promise<Target>>> = {
  docker: () => import('./docker/platform.ts'),
  kubernetes: () => import('./kubernetes/platform.ts'),
}
type Target = { readonly renderPlatform: (root: string) => Promise<Outputs> }

const name = new pulumi.Config().get('target') ?? 'docker'
const target = targets[name]
if (target === undefined) {
  const known = Object.keys(targets).join(' or ')
  throw new pulumi.RunError(
    `The stack setting "target" is "${name}". Set it to ${known}: pulumi config set target docker`,
  )
}
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { renderPlatform } = await target()

export const { events, networkAddress, dashboard, psql, guarantee } = await renderPlatform(root)

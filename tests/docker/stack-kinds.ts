import { harness } from './harness-stack.ts'
import { isPulumiInstalled, pulumi } from './pulumi-stack.ts'
import type { StackKind } from './stack.ts'

/** The ways to run the Pulumi program on this machine: the harness, and Pulumi if it is installed. */
export async function stackKinds(): Promise<readonly StackKind[]> {
  return (await isPulumiInstalled()) ? [harness, pulumi] : [harness]
}

import { harness } from './harness-stack.ts'
import { isPulumiHere, pulumi } from './pulumi-stack.ts'
import type { StackKind } from './stack.ts'

/** Every way to run the program that this machine has; the harness is always one. */
export async function stackKinds(): Promise<readonly StackKind[]> {
  return (await isPulumiHere()) ? [harness, pulumi] : [harness]
}

import { harness } from './harness-stack.ts'
import { isPulumiInstalled, pulumi } from './pulumi-stack.ts'
import type { StackKind } from './stack.ts'

/**
 * The ways to run the Pulumi program on this machine: the harness, and Pulumi if it is installed.
 *
 * It is not asynchronous, because mocha loads a test file with an `await` at its top level in another way. The modules
 * that it imports would be loaded twice, so that hooks for all tests would run twice.
 */
export function stackKinds(): readonly StackKind[] {
  return isPulumiInstalled() ? [harness, pulumi] : [harness]
}

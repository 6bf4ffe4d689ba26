import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'

/**
 * The fault of a variable `KUBECONFIG` with several files: kubectl merges them, but Pulumi's provider takes the value
 * for one file, or for the content of one (pulumi-kubernetes, property `kubeconfig` of the provider).
 *
 * @returns no fault, or one sentence that says what to do
 */
export function kubeconfigFaults(value: string | undefined): string[] {
  if (value === undefined || !value.includes(delimiter) || existsSync(value)) return []
  return [
    `KUBECONFIG is ${value}, but Pulumi reads only one file. Join the files, and name the new one: kubectl config view --flatten > FILE, then export KUBECONFIG=FILE.`,
  ]
}

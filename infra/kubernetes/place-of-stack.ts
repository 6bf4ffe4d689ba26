import { local } from '@pulumi/command'
import type * as pulumi from '@pulumi/pulumi'
import { inQuotes } from './cluster/kubectl.ts'

/** Where a stack runs its platform. */
export type Place = {
  readonly clusterId: string
  /** The context of kubectl for the cluster. */
  readonly kubectlContext: string
  readonly namespace: string
}

/**
 * Records in the stack where its platform runs, and fails an `up` at another cluster or in another namespace. Without
 * it the platform would be started there without its data, and the old one would be deleted, or run on unseen. All
 * other resources depend on it. After `destroy` the stack is empty and may run anywhere. Its first `up` fails where servers run: another person may have started them, with a stack of the same name.
 */
export function placeOfStack(
  { clusterId, kubectlContext, namespace }: Place,
  options: pulumi.CustomResourceOptions = {},
): local.Command {
  const words = [clusterId, namespace, kubectlContext].map(inQuotes)
  // Pulumi gives the record of the earlier `up` to the script (@pulumi/command documentation, PULUMI_COMMAND_STDOUT).
  const set = `set -- ${words.join(' ')}`
  const create = `
${set}
running=$(kubectl --request-timeout=20s --context "$3" --namespace "$2" get statefulsets --output name) || exit 1
if [ -n "$running" ]; then
  echo "The namespace $2 already has servers that this state of Pulumi does not know. Use the state of Pulumi that made them, or set kubernetes.namespace to another name." >&2
  exit 1
fi
echo "$1 $2 $3"`.trimStart()
  const update = `
${set}
record=$PULUMI_COMMAND_STDOUT
cluster=\${record%% *} rest=\${record#* }
namespace=\${rest%% *} context=\${rest#* }
if [ "$cluster $namespace" != "$1 $2" ]; then
  echo "This stack has its platform in the namespace $namespace of the cluster with the context $context. This up would start an empty platform in the namespace $2 of the context $3. To keep the platform, run kubectl config use-context $context and set kubernetes.namespace to $namespace. To start without its data, run pulumi destroy first." >&2
  exit 1
fi
echo "$1 $2 $3"`.trimStart()
  return new local.Command('place-of-stack', { create, update }, options)
}

import * as pulumi from '@pulumi/pulumi'
import { container } from './container-resource.ts'
import { image, remoteImage } from './image-resources.ts'
import type { Properties, ResourceKind } from './resource-kind.ts'
import { command, network, password, volume } from './small-resources.ts'
import type { Made } from './state-file.ts'
import { keyOf, StateFile } from './state-file.ts'

const kinds: Readonly<Record<string, ResourceKind>> = {
  'docker:index/network:Network': network,
  'docker:index/volume:Volume': volume,
  'docker:index/remoteImage:RemoteImage': remoteImage,
  'docker:index/image:Image': image,
  'docker:index/container:Container': container,
  'random:index/randomPassword:RandomPassword': password,
  'command:local:Command': command,
}

type Options = pulumi.CustomResourceOptions & { readonly replacementTrigger?: unknown }

/**
 * A TEST HARNESS in the place of Pulumi's engine and providers: it makes the resources that the
 * program declares through the Docker Engine API, one after what it depends on. What was declared
 * the same way before stays untouched; what has changed is removed and made again; what is declared
 * no more is removed.
 */
export class HarnessEngine implements pulumi.runtime.Mocks {
  readonly #state: StateFile
  readonly #isPreview: boolean
  readonly #declared = new Set<string>()
  readonly #options = new Map<string, Options>()
  /** What is done, or in a preview would be, a line for each resource. */
  readonly changes: string[] = []

  constructor(stateFile: string, isPreview: boolean) {
    this.#state = new StateFile(stateFile)
    this.#isPreview = isPreview
  }

  /** Mocks are not told of a resource's options; a transformation is. */
  readonly noteOptions: pulumi.ResourceTransformation = ({ type, name, opts }) => {
    this.#options.set(keyOf({ type, name }), opts)
    return undefined
  }

  async newResource(args: pulumi.runtime.MockResourceArgs) {
    const kind = kinds[args.type]
    if (!kind) {
      if (args.custom === true) throw new Error(`the harness knows no ${args.type}`)
      return { id: args.name, state: {} }
    }
    const inputs = withoutSecrecy(args.inputs) as Properties
    const made = await this.#declare(await this.#toMade(args, inputs), kind)
    return { id: String(made.outputs?.['id']), state: { ...inputs, ...made.outputs } }
  }

  call(args: pulumi.runtime.MockCallArgs): never {
    throw new Error(`the harness knows no function ${args.token}`)
  }

  /** Removes what the program that has ended did not declare. */
  async finish(): Promise<void> {
    for (const made of this.#state.lastFirst()) {
      if (this.#declared.has(keyOf(made))) continue
      this.changes.push(`remove ${keyOf(made)}`)
      if (!this.#isPreview) await this.#remove(made)
    }
  }

  async #toMade({ type, name }: { type: string; name: string }, inputs: Properties): Promise<Made> {
    const kind = kinds[type]
    const unknown = Object.keys(inputs).filter((input) => !kind?.known.includes(input))
    if (unknown.length > 0) throw new Error(`the harness knows no ${unknown.join()} of ${type}`)
    const options = this.#options.get(keyOf({ type, name }))
    const trigger = await settled(options?.replacementTrigger)
    const declaration = inOrder({ inputs, trigger, files: kind?.fingerprint?.(inputs) })
    return { type, name, inputs, declaration, isKept: options?.retainOnDelete ?? false }
  }

  async #declare(made: Made, kind: ResourceKind): Promise<Made> {
    const key = keyOf(made)
    this.#declared.add(key)
    const before = this.#state.get(key)
    if (before?.outputs && before.declaration === made.declaration) {
      const same = { ...made, outputs: before.outputs }
      if (!this.#isPreview) this.#state.put(same)
      return same
    }
    this.changes.push(`${before ? 'replace' : 'create'} ${key}`)
    if (this.#isPreview) return { ...made, outputs: before?.outputs ?? {} }
    if (before) await kind.remove(before.inputs)
    // Before it is made, so that what fails halfway is removed with the rest.
    this.#state.put(made)
    const done = { ...made, outputs: await kind.create(made.inputs) }
    this.#state.put(done)
    return done
  }

  async #remove(made: Made): Promise<void> {
    if (!made.isKept) await kinds[made.type]?.remove(made.inputs)
    this.#state.remove(keyOf(made))
  }
}

/** JSON whose keys are in order, so that equal values give equal texts. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  )
}

function withoutSecrecy(value: unknown): unknown {
  const plain: unknown = pulumi.runtime.isRpcSecret(value)
    ? pulumi.runtime.unwrapRpcSecret(value)
    : value
  if (Array.isArray(plain)) return plain.map(withoutSecrecy)
  if (typeof plain !== 'object' || plain === null) return plain
  return Object.fromEntries(Object.entries(plain).map(([key, part]) => [key, withoutSecrecy(part)]))
}

function settled(value: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    pulumi.output(value as pulumi.Input<string | undefined>).apply(resolve)
  })
}

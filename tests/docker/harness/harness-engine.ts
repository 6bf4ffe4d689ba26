import * as pulumi from '@pulumi/pulumi'
import type { Properties, ResourceKind, ResourceKinds } from './resource-kind.ts'
import type { Made } from './state-file.ts'
import { keyOf, StateFile } from './state-file.ts'

type Options = pulumi.CustomResourceOptions & { readonly replacementTrigger?: unknown }

/**
 * A TEST HARNESS that replaces Pulumi's engine and providers. It creates the resources that the program
 * declares by their kinds, each after its dependencies. It keeps a resource whose
 * declaration is unchanged, replaces it if the declaration has changed, and removes resources that the
 * program no longer declares.
 */
export class HarnessEngine implements pulumi.runtime.Mocks {
  readonly #state: StateFile
  readonly #isPreview: boolean
  readonly #kinds: ResourceKinds
  readonly #declared = new Set<string>()
  readonly #options = new Map<string, Options>()
  /** One line for each change that was made, or in a preview would be made. */
  readonly changes: string[] = []

  constructor(stateFile: string, kinds: ResourceKinds, isPreview: boolean) {
    this.#state = new StateFile(stateFile)
    this.#kinds = kinds
    this.#isPreview = isPreview
  }

  /** Records a resource's options. Mocks do not receive them, but transformations do. */
  readonly recordOptions: pulumi.ResourceTransformation = ({ type, name, opts }) => {
    this.#options.set(keyOf({ type, name }), opts)
    return undefined
  }

  async newResource(args: pulumi.runtime.MockResourceArgs) {
    const kind = this.#kinds[args.type]
    if (!kind) {
      if (args.custom === true) throw new Error(`the harness does not support ${args.type}`)
      return { id: args.name, state: {} }
    }
    const inputs = withoutSecrecy(args.inputs) as Properties
    kind.declared?.(inputs)
    const made = await this.#declare(await this.#toMade(args, inputs), kind)
    return { id: String(made.outputs?.['id']), state: { ...inputs, ...made.outputs } }
  }

  call(args: pulumi.runtime.MockCallArgs): never {
    throw new Error(`the harness does not support the function ${args.token}`)
  }

  /** Removes the resources that the program did not declare. Call it after the program has ended. */
  async finish(): Promise<void> {
    for (const made of this.#state.lastFirst()) {
      if (this.#declared.has(keyOf(made))) continue
      this.changes.push(`remove ${keyOf(made)}`)
      if (!this.#isPreview) await this.#remove(made)
    }
  }

  async #toMade({ type, name }: { type: string; name: string }, inputs: Properties): Promise<Made> {
    const kind = this.#kinds[type]
    const unknown = Object.keys(inputs).filter((input) => !kind?.known.includes(input))
    if (unknown.length > 0) {
      throw new Error(`the harness does not support ${unknown.join()} of ${type}`)
    }
    const options = this.#options.get(keyOf({ type, name }))
    const trigger = await settled(options?.replacementTrigger)
    const declaration = toSortedJson({ inputs, trigger, files: kind?.fingerprint?.(inputs) })
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
    const action = actionOn(before, kind)
    this.changes.push(`${action} ${key}`)
    if (this.#isPreview) return { ...made, outputs: before?.outputs ?? {} }
    if (before && action === 'replace') await kind.remove(before.inputs)
    return this.#make(made, createOf(kind, action))
  }

  async #make(made: Made, create: ResourceKind['create']): Promise<Made> {
    // Saved before it is created, so that destroy also removes a partly created resource.
    this.#state.put(made)
    const done = { ...made, outputs: await create(made.inputs) }
    this.#state.put(done)
    return done
  }

  async #remove(made: Made): Promise<void> {
    if (!made.isKept) await this.#kinds[made.type]?.remove(made.inputs)
    this.#state.remove(keyOf(made))
  }
}

/** What a changed declaration does. A resource that was created only partly is created again. */
function actionOn(before: Made | undefined, kind: ResourceKind): 'create' | 'update' | 'replace' {
  if (before === undefined) return 'create'
  return before.outputs !== undefined && kind.update !== undefined ? 'update' : 'replace'
}

const createOf = ({ create, update }: ResourceKind, action: string): ResourceKind['create'] =>
  (action === 'update' ? update : undefined) ?? create

/** JSON with sorted keys, so that equal values have equal texts. */
function toSortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  )
}

/** Unwraps Pulumi secrets. */
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

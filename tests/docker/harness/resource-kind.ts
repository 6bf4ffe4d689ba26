/** Inputs or outputs of a resource, as plain JSON. */
export type Properties = Readonly<Record<string, unknown>>

/** How the harness creates and removes resources of one type. */
export interface ResourceKind {
  /** The inputs it knows. A program that declares another is refused, as it would go untested. */
  readonly known: readonly string[]
  /** What decides, beside the inputs, whether a resource is the same again. */
  readonly fingerprint?: (inputs: Properties) => string
  /** @returns the outputs, `id` among them; what the inputs say already may be left out */
  readonly create: (inputs: Properties) => Promise<Properties>
  /** Removes what `create` has created, even partially. */
  readonly remove: (inputs: Properties) => Promise<void>
}

/** Makes resources whose inputs have the shape that the provider's own types give them. */
export function kindOf<Inputs>(kind: {
  readonly known: readonly (keyof Inputs & string)[]
  readonly fingerprint?: (inputs: Inputs) => string
  readonly create: (inputs: Inputs) => Promise<Properties>
  readonly remove: (inputs: Inputs) => Promise<void>
}): ResourceKind {
  const { known, fingerprint, create, remove } = kind
  const typed = (inputs: Properties) => inputs as Inputs
  return {
    known,
    ...(fingerprint && { fingerprint: (inputs: Properties) => fingerprint(typed(inputs)) }),
    create: (inputs) => create(typed(inputs)),
    remove: (inputs) => remove(typed(inputs)),
  }
}

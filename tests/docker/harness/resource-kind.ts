/** Inputs or outputs of a resource, as plain JSON. */
export type Properties = Readonly<Record<string, unknown>>

/** How the harness creates and removes resources of one type. */
export interface ResourceKind {
  /** The supported inputs. Others are an error, because they would have no effect in the tests. */
  readonly known: readonly string[]
  /** A text that changes when a resource with the same inputs must be replaced. */
  readonly fingerprint?: (inputs: Properties) => string
  /** Called for each declaration, also for an unchanged one. */
  readonly declared?: (inputs: Properties) => void
  /** @returns the outputs with `id`; outputs that equal inputs can be omitted */
  readonly create: (inputs: Properties) => Promise<Properties>
  /** Changes what exists. Without it a changed resource is removed and created again. */
  readonly update?: (inputs: Properties) => Promise<Properties>
  /** Removes what `create` has created, even partially. */
  readonly remove: (inputs: Properties) => Promise<void>
}

/** The kinds by the type of their resources in Pulumi. */
export type ResourceKinds = Readonly<Record<string, ResourceKind>>

/** Defines a resource kind whose inputs have the provider's own types. */
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

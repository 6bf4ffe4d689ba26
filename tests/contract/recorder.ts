import * as pulumi from '@pulumi/pulumi'

/** A resource as a component declared it to Pulumi. */
export type DeclaredResource = {
  /** The last part of its type, e.g. `Container`. */
  readonly kind: string
  readonly name: string
  /** The inputs from the component; values that are known later are outputs. */
  readonly given: pulumi.Inputs
  /** The inputs that the provider receives. */
  readonly inputs: Readonly<Record<string, unknown>>
  /** The inputs that are encrypted in Pulumi's state. */
  readonly secretInputs: readonly string[]
  readonly options: pulumi.CustomResourceOptions
  /** The components and resources that this one depends on. */
  readonly after: readonly string[]
}

/** Exit codes of one-shot containers by resource name; the default is 0. */
export type ExitCodes = Readonly<Record<string, number>>

type Inputs = Record<string, unknown>
type Constructed = Omit<pulumi.ResourceTransformationArgs, 'resource'>

/**
 * Replaces the Pulumi engine: records the declared resources and answers as the providers
 * would. Only one can be active, because Pulumi supports one engine.
 */
export class Recorder {
  readonly #constructed = new Map<pulumi.Resource, Constructed>()
  readonly #inputs = new Map<string, Inputs>()
  readonly #exitCodes: ExitCodes
  /** Reports every resource that a component creates to this recorder. */
  readonly options: pulumi.ComponentResourceOptions = {
    transformations: [
      ({ resource, ...constructed }) => {
        this.#constructed.set(resource, constructed)
        return undefined
      },
    ],
  }

  private constructor(exitCodes: ExitCodes) {
    this.#exitCodes = exitCodes
  }

  /** @param isPreview whether this is a preview, which creates nothing */
  static async start(exitCodes: ExitCodes = {}, isPreview = false): Promise<Recorder> {
    const recorder = new Recorder(exitCodes)
    const mocks = {
      call: () => {
        throw new Error('nothing is looked up')
      },
      newResource: (args: pulumi.runtime.MockResourceArgs) => recorder.#answer(args),
    }
    await pulumi.runtime.setMocks(mocks, 'av-telemetry', 'test', isPreview)
    return recorder
  }

  /** The declared resources without components, in order, once all are registered. */
  async declaredResources(): Promise<DeclaredResource[]> {
    await Promise.all([...this.#constructed.keys()].map(({ urn }) => valueOf(urn)))
    return [...this.#constructed.values()]
      .filter(({ type }) => !type.startsWith('av-telemetry:'))
      .map((constructed) => this.#toDeclaredResource(constructed))
  }

  #answer(args: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
    const { type, name } = args
    const inputs = args.inputs as Inputs
    this.#inputs.set(`${type} ${name}`, inputs)
    return { id: `id of ${name}`, state: { ...inputs, ...this.#outputsOf(kindOf(type), name) } }
  }

  #outputsOf(kind: string, name: string): Inputs {
    switch (kind) {
      case 'Container':
        return { exitCode: this.#exitCodes[name] ?? 0, containerLogs: 'a\nb\nc\nd\ne\nf\n' }
      case 'Image':
        return { repoDigest: `digest of ${name}` }
      case 'RemoteImage':
        return { imageId: `digest of ${name}` }
      case 'RandomPassword':
        // Like the engine: the package marks its result as secret.
        return { result: pulumi.secret(`clear ${name}`) }
      default:
        return {}
    }
  }

  #toDeclaredResource({ type, name, props, opts }: Constructed): DeclaredResource {
    const inputs = Object.entries(this.#inputs.get(`${type} ${name}`) ?? {})
    const unwrap = (value: unknown) => pulumi.runtime.unwrapRpcSecret(value) as unknown
    const before = (opts.dependsOn ?? []) as pulumi.Resource | pulumi.Resource[]
    return {
      kind: kindOf(type),
      name,
      given: props,
      inputs: Object.fromEntries(inputs.map(([key, value]) => [key, unwrap(value)])),
      secretInputs: inputs
        .filter(([, value]) => pulumi.runtime.isRpcSecret(value))
        .map(([key]) => key),
      options: opts,
      after: [before].flat().map((resource) => this.#constructed.get(resource)?.name ?? '?'),
    }
  }
}

/** The value of an output, once it is known. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => {
    pulumi.output(output).apply(resolve)
  })
}

/** `docker:index/container:Container` → `Container`. */
function kindOf(type: string): string {
  return type.split(':').at(-1) ?? ''
}

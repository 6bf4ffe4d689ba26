import { DeclaredStream } from './declared-stream.ts'
import { ForeignTopic } from './foreign-topic.ts'
import { sharedServers } from './servers.ts'
import { Tenant } from './tenant.ts'

/** A tenant with the pipeline `items`, whose table exists, on a foreign topic, which does not exist. */
export class ForeignPipeline implements AsyncDisposable {
  readonly tenant: Tenant
  readonly topic: ForeignTopic
  readonly pipeline: DeclaredStream

  private constructor(tenant: Tenant) {
    this.tenant = tenant
    this.topic = new ForeignTopic(tenant)
    this.pipeline = new DeclaredStream(tenant, this.topic)
  }

  static async create(): Promise<ForeignPipeline> {
    const created = new ForeignPipeline(await Tenant.create(await sharedServers()))
    await created.pipeline.createTable()
    return created
  }

  /** Gives each test of the present `describe` a new one, and disposes it after the test. */
  static forEachTest(use: (created: ForeignPipeline) => void): void {
    let created: ForeignPipeline
    beforeEach(async () => {
      created = await ForeignPipeline.create()
      use(created)
    })
    afterEach(async () => {
      await created[Symbol.asyncDispose]()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pipeline[Symbol.asyncDispose]()
    await this.tenant[Symbol.asyncDispose]()
  }
}

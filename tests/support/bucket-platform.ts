import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { bucketFolder } from '../../infra/local/placement.ts'
import { bucketOfPlatform } from '../../scripts/platform/bucket.ts'
import { root } from '../../scripts/platform/paths.ts'
import { Versitygw } from '../../scripts/platform/versitygw.ts'
import { openBucket } from '../../services/adapters/objects/bucket-settings.ts'
import type { ObjectStore } from '../../services/adapters/objects/object-store.ts'
import { Resources } from '../../services/runtime/resources.ts'
import { PlatformHome } from './started-platform.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** A platform that `npm start` has started, with the bucket in a folder or on an S3 server. */
export class BucketPlatform implements AsyncDisposable {
  readonly home: PlatformHome
  readonly store: ObjectStore
  /** The pipelines and handlers of the workers: at first a copy of docs/examples/q-etl. */
  readonly folder: string
  readonly #resources: Resources

  private constructor(
    { home, folder }: { readonly home: PlatformHome; readonly folder: string },
    resources: Resources,
  ) {
    this.home = home
    this.folder = folder
    this.#resources = resources
    const bucket = bucketOfPlatform(
      home.config,
      bucketFolder(home.folders, home.config.objects.bucket),
    )
    if (bucket === undefined) throw new Error('the platform has no bucket')
    this.store = openBucket(bucket)
  }

  /** @param versitygw the program of the S3 server. Without it the bucket is a folder */
  static async start(versitygw?: string): Promise<BucketPlatform> {
    await using resources = new Resources()
    const folder = resources.adopt(new TemporaryFolder(), (each) => {
      each[Symbol.dispose]()
      return Promise.resolve()
    }).path
    cpSync(join(root, 'docs', 'examples', 'q-etl'), folder, { recursive: true })
    const onServer =
      versitygw === undefined
        ? []
        : resources.use(await Versitygw.start(versitygw)).platformSettings()
    const settings = ['files.enabled=true', `worker.folder=${folder}`, 'fleet.numVehicles=0']
    const home = resources.use(await PlatformHome.create([...settings, ...onServer]))
    await home.start().waitForOutput('The platform is running.', 150)
    return new BucketPlatform({ home, folder }, resources.move())
  }

  /** Runs a command of a user until its end. */
  async run(...args: readonly string[]): Promise<{ code: number | null; out: string }> {
    const command = this.home.command(...args)
    return { code: await command.waitForExit(), out: command.output }
  }

  /** A response of the dashboard. */
  async request(path: string, method = 'GET'): Promise<unknown> {
    const { hostPort } = this.home.config.dashboard
    return (await fetch(`http://127.0.0.1:${hostPort}${path}`, { method })).json()
  }

  /** The names in a folder of the bucket, in the order of their bytes. */
  async namesIn(folder: string): Promise<string[]> {
    const names: string[] = []
    for await (const listed of this.store.list(folder))
      if (listed.kind === 'object') names.push(listed.object.key.slice(folder.length + 1))
    return names
  }

  async read(key: string): Promise<string> {
    const object = await this.store.find(key)
    const content = object && (await this.store.read(object))
    if (content === undefined) throw new Error(`the bucket has no object ${key}`)
    return text(content)
  }

  /** Puts a file into the bucket, as another program does. */
  async write(key: string, content: string): Promise<void> {
    await this.store.write(key, Buffer.from(content))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]()
  }
}

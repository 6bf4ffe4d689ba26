import { toConfig } from '../../infra/config/config.ts'
import { ensureBaseImages } from '../docker/base-images/ensure-base-images.ts'
import type { Engine } from '../docker/engine.ts'
import { ensureEngine } from '../docker/engine.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { useContext } from './named-context.ts'
import { isPartOfCi } from './measured.ts'
import { isOwnCluster, prepareOwnCluster, removeTestImages } from './own-cluster.ts'

/** Time limit for the engine, the base images and the cluster. The first run may have to build the images. */
const setupMinutes = 20

/** The context of `npm run test:kubernetes -- --context NAME`. */
const context = process.env['AV_TELEMETRY_KUBERNETES_CONTEXT']

let engine: Engine | undefined
let folder: TemporaryFolder | undefined

const printLine = (line: string) => process.stderr.write(`${line}\n`)

before(async function () {
  this.timeout(setupMinutes * 60_000)
  // Never the current context of the user.
  if (!isOwnCluster && context === undefined) this.skip()
  try {
    engine = await ensureEngine(printLine)
    await ensureBaseImages(toConfig({}).images, printLine)
  } catch (error) {
    if (!isPartOfCi) throw error
    printLine(`The tests on Kubernetes are skipped. ${(error as Error).message}`)
    this.skip()
  }
  if (context === undefined) return prepareOwnCluster()
  folder = new TemporaryFolder()
  await useContext(context, folder.path)
})

after(async function () {
  this.timeout(120_000)
  try {
    if (engine && isOwnCluster) await removeTestImages()
  } finally {
    await engine?.[Symbol.asyncDispose]()
    folder?.[Symbol.dispose]()
  }
})

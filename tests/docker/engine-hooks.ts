import { toConfig } from '../../infra/config/config.ts'
import { ensureBaseImages } from './base-images/ensure-base-images.ts'
import type { Engine } from './engine.ts'
import { ensureEngine } from './engine.ts'

/** Time limit for the engine and the base images. The first run may have to build the images. */
const setupMinutes = 20

/** If these tests were not requested explicitly, they are skipped on a machine without Docker. */
const mayBeSkipped = process.env['AV_TELEMETRY_DOCKER_TESTS'] === 'if-possible'

let engine: Engine | undefined

const printLine = (line: string) => process.stderr.write(`${line}\n`)

before(async function () {
  this.timeout(setupMinutes * 60_000)
  try {
    engine = await ensureEngine(printLine)
    await ensureBaseImages(toConfig({}).images, printLine)
  } catch (error) {
    if (!mayBeSkipped) throw error
    printLine(`\n!!! THE DOCKER TESTS DID NOT RUN !!!\n${(error as Error).message}\n`)
    this.skip()
  }
})

after(async function () {
  this.timeout(120_000)
  await engine?.[Symbol.asyncDispose]()
})

/** The engine that all tests of a run share. */
export function sharedEngine(): Engine {
  if (!engine) throw new Error('the engine exists only while tests run')
  return engine
}

import { toConfig } from '../../infra/config/config.ts'
import { ensureBaseImages } from './base-images/ensure-base-images.ts'
import type { Engine } from './engine.ts'
import { ensureEngine } from './engine.ts'

/** What the machine needs for a test in containers; the first run may have to make the images. */
const setupMinutes = 20

/** If these tests were not requested explicitly, they are skipped on a machine without Docker. */
const mayBeSkipped = process.env['AV_TELEMETRY_DOCKER_TESTS'] === 'if-possible'

let engine: Engine | undefined

const say = (line: string) => process.stderr.write(`${line}\n`)

before(async function () {
  this.timeout(setupMinutes * 60_000)
  try {
    engine = await ensureEngine(say)
    await ensureBaseImages(toConfig({}).images, say)
  } catch (error) {
    if (!mayBeSkipped) throw error
    say(`\n!!! THE DOCKER TESTS DID NOT RUN !!!\n${(error as Error).message}\n`)
    this.skip()
  }
})

after(async function () {
  this.timeout(120_000)
  await engine?.[Symbol.asyncDispose]()
})

/** The engine that all tests of a run share. */
export function theEngine(): Engine {
  if (!engine) throw new Error('there is an engine only while tests run')
  return engine
}

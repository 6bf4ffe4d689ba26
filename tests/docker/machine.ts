import { toConfig } from '../../infra/config.ts'
import { ensureBaseImages } from './base-images/ensure-base-images.ts'
import type { Engine } from './engine.ts'
import { ensureEngine } from './engine.ts'

/** What the machine needs for a test in containers; the first run may have to make the images. */
const setupMinutes = 20

let engine: Engine | undefined

const say = (line: string) => process.stderr.write(`${line}\n`)

before(async function () {
  this.timeout(setupMinutes * 60_000)
  engine = await ensureEngine(say)
  await ensureBaseImages(toConfig({}).images, say)
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

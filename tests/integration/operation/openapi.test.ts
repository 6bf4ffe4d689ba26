import { expect } from 'chai'
import { DescribedPlatform } from '../../support/openapi/described-platform.ts'
import {
  findSchemathesis,
  runSchemathesis,
  schemathesisMissing,
} from '../../support/openapi/run-schemathesis.ts'
import { sharedServers } from '../../support/servers.ts'

// `npm run fuzz -- --schema --count 2000` runs the same checks for longer.
const seed = Number(process.env['TEST_FUZZ_SEED'] ?? 20_261_121)

describe(`OpenAPI documents (seed ${seed})`, function () {
  this.timeout(300_000)
  let platform: DescribedPlatform

  before(async () => {
    platform = await DescribedPlatform.start(await sharedServers())
  })

  after(async () => {
    await platform[Symbol.asyncDispose]()
  })

  for (const service of ['producer', 'dashboard'] as const) {
    it(`of the ${service}: every response is as schemathesis expects it`, async function () {
      const python = findSchemathesis()
      if (python === undefined) {
        this.test!.title += ` (skipped: ${schemathesisMissing})`
        this.skip()
      }
      const { token } = platform
      const url = platform.urls[service]
      // Nearly all of the time goes into the boundary values of each parameter: about 600 requests.
      const limits = { maxExamples: 5, phases: 'examples,coverage,fuzzing', timeoutMs: 280_000 }
      const { code, report } = await runSchemathesis(python, { url, token, seed, ...limits })
      expect(code, report).to.equal(0)
    })
  }
})

import { removeEventsAddress } from '../../../infra/config/published-address.ts'
import { checkStack } from '../../../infra/docker/check-stack.ts'
import { askEngine } from '../../../infra/docker/engine/engine.ts'
import { dockerPlatforms } from '../../../infra/docker/engine/running.ts'
import { removeImages } from '../../../infra/docker/images/built-images.ts'
import { print } from '../../cli/output.ts'
import type { Launcher } from '../target.ts'

export const launcher: Launcher = {
  defaultStack: 'dev',
  psqlProgram: 'docker',
  check: async (request) => {
    await checkStack(request)
  },
  afterwards: `
  vehicles  npm run fleet -- --num-vehicles 5
  state     npm run status
  stop      scripts/teardown-infra.sh
`,
  requireAnswer: async () => {
    await askEngine()
  },
  prepareTeardown: async (own, { images }) => {
    const before = await dockerPlatforms()
    return {
      finish: async () => {
        const left = (await dockerPlatforms()).map(({ network }) => network.name)
        const gone = before.filter(({ network }) => !left.includes(network.name))
        for (const config of gone) removeEventsAddress(config, 'containers')
        if (!images) return
        for (const config of gone.length > 0 ? gone : [own]) {
          const count = await removeImages(config)
          print(`Removed ${count} images of ${config.network.name}.`)
        }
      },
    }
  },
}

import { UserError } from '../../infra/checks/user-error.ts'
import type { RunningPlatform } from './target.ts'

/** Before faults are injected into the user's platform. @throws UserError if a service is not ready */
export async function requireReady({ serviceStates }: RunningPlatform): Promise<void> {
  const states = await serviceStates()
  const notReady = states.filter(({ state }) => state !== 'ready').map(({ name }) => name)
  if (notReady.length === 0) return
  throw new UserError(
    `These services are not ready: ${notReady.join(', ')}. Check them with npm run status, then run verify again.`,
  )
}

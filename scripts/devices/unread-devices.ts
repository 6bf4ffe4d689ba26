import { UserError } from '../../infra/checks/user-error.ts'
import type { WorkloadPlatform } from '../workload/platform.ts'

const earlierVersion =
  'The running platform was started by an earlier version, which does not know devices. Stop it and start it again.'
const notRead =
  'The devices cannot be read from Kafka. npm run status shows whether Kafka is ready.'

/** Why the devices of a running platform cannot be read. */
export async function unreadDevices({
  platformToken,
}: Pick<WorkloadPlatform, 'platformToken'>): Promise<UserError> {
  const isEarlier = await platformToken().then(
    (token) => token === undefined,
    () => false,
  )
  return new UserError(isEarlier ? earlierVersion : notRead)
}

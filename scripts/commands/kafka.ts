import { UserError } from '../../infra/checks/user-error.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { credentials } from '../kafka/credentials.ts'
import { parseKafkaRequest } from '../kafka/request.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'

/** `npm run kafka`: what clients of the Kafka of the platform need. */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(async () => {
    const { files, choice } = parseKafkaRequest(args)
    const platform = await findPlatform(choice)
    if (!platform) throw new UserError(noPlatform)
    return credentials(platform, files)
  })
}

import { UserError } from '../../infra/checks/user-error.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'
import { answer, orUserError } from '../tasks/answer.ts'
import { parseTasksRequest } from '../tasks/request.ts'

/** `npm run tasks`: lists, shows, cancels and retries tasks. */
export function run(args: readonly string[]): Promise<number> {
  const out = args.includes('--json') || args.includes('--as-csv') ? process.stderr : process.stdout
  return reportUserErrors(async () => {
    const request = parseTasksRequest(args)
    const platform = await findPlatform(request.choice)
    if (!platform) throw new UserError(noPlatform)
    const pool = await platform.pool()
    try {
      return await orUserError(() => answer(pool, request, () => platform.bucket()))
    } finally {
      await pool.end()
    }
  }, out)
}

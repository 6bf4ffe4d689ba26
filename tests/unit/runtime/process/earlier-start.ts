import type { ProcessIdentity } from '../../../../services/runtime/process/process-identity.ts'

/** The start text in the format of the previous version: on Linux without the boot id. */
export function earlierStart({ startedAt }: ProcessIdentity): string {
  return process.platform === 'linux' ? startedAt.replace(/ .*/, '') : startedAt
}

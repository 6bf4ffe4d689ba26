import type { ProcessIdentity } from '../../../../services/runtime/process/process-identity.ts'

/** What the previous version wrote for the start of a process: on Linux without the boot id. */
export function earlierStart({ startedAt }: ProcessIdentity): string {
  return process.platform === 'linux' ? startedAt.replace(/ .*/, '') : startedAt
}

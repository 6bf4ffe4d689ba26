import type { LogIdentity } from '../../ledger/log-identity.ts'
import { newLogReason } from '../../ledger/log-identity.ts'
import type { TopicAdmin } from './topic-admin.ts'

/** For a topic that the platform has created: its log id is stored in a setting of the topic. */
export function taggedLogIdentity(admin: Pick<TopicAdmin, 'tag'>): LogIdentity {
  return { newLogReason, mark: (logId) => admin.tag(logId) }
}

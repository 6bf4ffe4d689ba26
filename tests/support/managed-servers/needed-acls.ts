import type { Acl } from './kafka-acls.ts'

/** The rights that a platform with this topic needs, and no other. */
export function neededAcls(topic: string): Acl[] {
  const operations = ['Create', 'Read', 'Write', 'DescribeConfigs'] as const
  return [
    ...[topic, `${topic}.devices`].flatMap((name) =>
      operations.map((operation): Acl => ({ resource: 'topic', name, operation })),
    ),
    { resource: 'group', name: `av-telemetry-${topic}`, operation: 'Read' },
    { resource: 'group', name: 'av-telemetry-dashboard-', operation: 'Read', isPrefix: true },
  ]
}

/** The same, with those that `npm run verify` and `npm run bench` need, and no other. */
export function neededAclsForVerify(topic: string): Acl[] {
  const scratch = `${topic}_scratch`
  const compared = `av-telemetry-verify-${scratch}-`
  return [
    ...neededAcls(topic),
    ...neededAcls(scratch),
    ...[scratch, `${scratch}.devices`].map((name): Acl => ({
      resource: 'topic',
      name,
      operation: 'Delete',
    })),
    { resource: 'group', name: compared, operation: 'Read', isPrefix: true },
  ]
}

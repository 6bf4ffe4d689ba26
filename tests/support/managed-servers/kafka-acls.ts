import type { AclEntry, Admin } from 'kafkajs'
import kafkajs from 'kafkajs'

/** A right of a user of Kafka, with the names of `kafka-acls.sh`. */
export type Acl = {
  readonly resource: keyof typeof resourceTypes
  /** `kafka-cluster` for the cluster. */
  readonly name: string
  readonly operation: keyof typeof operations
  /** Whether the right is for all resources whose names begin with `name`. */
  readonly isPrefix?: boolean
}

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

const resourceTypes = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  cluster: AclResourceTypes.CLUSTER,
  'transactional-id': AclResourceTypes.TRANSACTIONAL_ID,
}

const operations = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Delete: AclOperationTypes.DELETE,
  Alter: AclOperationTypes.ALTER,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  AlterConfigs: AclOperationTypes.ALTER_CONFIGS,
  IdempotentWrite: AclOperationTypes.IDEMPOTENT_WRITE,
}

/** Gives rights to a user. */
export async function grantAcls(admin: Admin, user: string, acls: readonly Acl[]): Promise<void> {
  await admin.createAcls({ acl: acls.map((acl) => toEntry(user, acl)) })
}

/** Takes rights from a user. */
export async function withdrawAcls(
  admin: Admin,
  user: string,
  acls: readonly Acl[],
): Promise<void> {
  await admin.deleteAcls({ filters: acls.map((acl) => toEntry(user, acl)) })
}

/** Takes all rights from a user. */
export async function withdrawAllAcls(admin: Admin, user: string): Promise<void> {
  const filter = {
    principal: `User:${user}`,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
  }
  await admin.deleteAcls({ filters: [filter] })
}

function toEntry(user: string, { resource, name, operation, isPrefix = false }: Acl): AclEntry {
  const { LITERAL, PREFIXED } = ResourcePatternTypes
  return {
    principal: `User:${user}`,
    host: '*',
    operation: operations[operation],
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: resourceTypes[resource],
    resourceName: name,
    resourcePatternType: isPrefix ? PREFIXED : LITERAL,
  }
}

/** What both targets know about an ensemble of ZooKeeper servers. */

/**
 * Divides the servers of an ensemble into the two steps of its start: the smallest majority first, the
 * others when it serves. The majority cannot serve unless all of it takes part, so the server with the
 * newest data takes part in the first election. New servers are empty and have no majority without it.
 */
export function majorityFirst<Server>(
  servers: readonly Server[],
): readonly [majority: Server[], others: Server[]] {
  const majority = Math.floor(servers.length / 2) + 1
  return [servers.slice(0, majority), servers.slice(majority)]
}

/**
 * The command that returns how a ZooKeeper serves. A server outside a quorum answers that it does not
 * serve (ZooKeeper Administrator's Guide, "The Four Letter Words"; `srvr` is allowed by default).
 */
export const quorumQuestion = 'srvr'

/** Part of the answer of a server that serves, alone, as leader or as follower. */
export const quorumAnswer = 'Mode: '

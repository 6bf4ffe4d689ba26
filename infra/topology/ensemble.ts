/** What both targets know about an ensemble of ZooKeeper servers. */

/**
 * The servers of an ensemble in the two steps of its start: the smallest majority, which cannot serve
 * unless each of it takes part, and the others, to be started once it serves. So whoever has the
 * newest of the data takes part in the first election, and new servers, which are empty, are no
 * majority without it.
 */
export function majorityFirst<Server>(
  servers: readonly Server[],
): readonly [majority: Server[], others: Server[]] {
  const majority = Math.floor(servers.length / 2) + 1
  return [servers.slice(0, majority), servers.slice(majority)]
}

/**
 * The command to which a ZooKeeper says how it serves; one outside a quorum answers that it does not
 * (ZooKeeper Administrator's Guide, "The Four Letter Words": the one that is allowed by default).
 */
export const quorumQuestion = 'srvr'

/** What an answer has in it from one that serves: alone, as leader or as follower. */
export const quorumAnswer = 'Mode: '

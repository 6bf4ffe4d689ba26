/**
 * The command to which a ZooKeeper says how it serves; one outside a quorum answers that it does not
 * (ZooKeeper Administrator's Guide, "The Four Letter Words": the one that is allowed by default).
 */
export const quorumQuestion = 'srvr'

/** What an answer has in it from one that serves: alone, as leader or as follower. */
export const quorumAnswer = 'Mode: '

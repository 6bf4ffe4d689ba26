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

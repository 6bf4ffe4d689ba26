/** Runs the work while no other process of this clone sets something up. */
export function withSetupLock(work: () => Promise<void>): Promise<void>

import Docker from 'dockerode'

/** The Docker Engine API at `DOCKER_HOST`. */
export const engine = new Docker()

/** A missing object counts as removed. */
export async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error
  }
}

/** Converts the provider's list of labels to an object for the engine API. */
export function fromLabels(
  labels: readonly { readonly label: string; readonly value: string }[] = [],
): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]))
}

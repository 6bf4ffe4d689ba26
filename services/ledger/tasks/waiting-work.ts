const sentences: Readonly<Record<string, string>> = {
  topic: 'Its records wait in Kafka, as long as the topic keeps them.',
  schedule: 'When it is resumed, it runs for the latest windows that it has missed (catch_up).',
  files: 'Its files wait in the inbox.',
  api: 'Its tasks wait in the database.',
}

/**
 * What waits while a pipeline is paused, as a sentence.
 *
 * @param declaration as it is stored; null after a reset. One without a source reads a topic
 */
export function waitingWorkOf(declaration: Readonly<Record<string, unknown>> | null): string {
  const { source } = (declaration ?? { source: {} }) as { readonly source?: { kind?: string } }
  return sentences[source === undefined ? 'topic' : (source.kind ?? '')] ?? 'Nothing waits.'
}

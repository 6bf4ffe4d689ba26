/** The samples of a service's metrics on this machine, by their name with its other labels. */
export async function samplesOf(opsPort: number): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      const name = line.slice(0, at).replace(/,?service="\w+"/, '')
      return [name.replace('{}', ''), Number(line.slice(at + 1))]
    }),
  )
}

/** Megabytes that a service of ours has in memory. */
export async function residentMegabytes(opsPort: number): Promise<number> {
  const bytes = (await samplesOf(opsPort)).get('process_resident_memory_bytes')
  return Math.round((bytes ?? NaN) / 1024 / 1024)
}

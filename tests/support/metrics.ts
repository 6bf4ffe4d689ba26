/**
 * The metrics of a service on this machine, by name and labels. The label `service` is left out.
 */
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

/** The resident memory of a service. */
export async function residentMegabytes(opsPort: number): Promise<number> {
  const bytes = (await samplesOf(opsPort)).get('process_resident_memory_bytes')
  return Math.round((bytes ?? NaN) / 1024 / 1024)
}

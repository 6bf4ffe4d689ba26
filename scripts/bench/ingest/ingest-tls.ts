import type { Bench, BenchContext, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { runProgram } from '../program.ts'
import type { PostLoadResult } from '../programs/post-load.ts'
import { loadOrder, refusedFigures } from './ingest.ts'

const connections = 64

type Kind = 'kept' | 'new'
const kinds: readonly Kind[] = ['kept', 'new']
const describeKind = { kept: 'kept connections', new: 'a new connection for each request' } as const

type TlsRun = PostLoadResult & { readonly ingressCores: number }

/** Requests through the ingress with TLS and without, in turns. It accepts both from this machine. */
export const ingestTls: Bench = {
  name: 'ingest-tls',
  description: 'one reading per POST through the ingress, with TLS and without',
  measure: async (context) => {
    await using platform = await context.open('ingress.tls.selfSigned=true')
    await platform.startServices('producer-0', 'ingress-0')
    const figures: Figure[] = []
    for (const kind of kinds) {
      const plain: TlsRun[] = []
      const encrypted: TlsRun[] = []
      for (let run = 1; run <= context.runs; run += 1) {
        context.printProgress(`${describeKind[kind]}: run ${run} of ${context.runs}`)
        plain.push(await load(platform, context, { kind, overTls: false }))
        encrypted.push(await load(platform, context, { kind, overTls: true }))
      }
      figures.push(...figuresOf(kind, plain, encrypted))
    }
    return figures
  },
}

function figuresOf(kind: Kind, plain: readonly TlsRun[], encrypted: readonly TlsRun[]): Figure[] {
  const name = `ingest-tls, ${describeKind[kind]}`
  const rate = medianWithSpread(encrypted.map(({ requestsPerSecond }) => requestsPerSecond))
  const limit = median(plain.map(({ requestsPerSecond }) => requestsPerSecond))
  const [cores, plainCores] = [encrypted, plain].map((runs) =>
    median(runs.map(({ ingressCores }) => ingressCores)).toFixed(2),
  )
  const note = `${connections} connections; limit line: without TLS; cores of the ingress ${cores ?? ''} and ${plainCores ?? ''}`
  return [
    { name, ...rate, unit: 'requests/s', limit, note },
    {
      name: `${name}, p99`,
      ...medianWithSpread(encrypted.map(({ p99 }) => p99)),
      unit: 'ms',
      limit: median(plain.map(({ p99 }) => p99)),
    },
    ...refusedFigures(name, [...plain, ...encrypted]),
  ]
}

async function load(
  platform: BenchPlatform,
  context: BenchContext,
  { kind, overTls }: { readonly kind: Kind; readonly overTls: boolean },
): Promise<TlsRun> {
  const { ingress } = platform.config
  const shape = { connections, form: 'single', size: 1 } as const
  const order = {
    ...loadOrder(context, shape, ingress.hostPort),
    path: ingress.path,
    overTls,
    renewsConnections: kind === 'new',
  }
  const before = { at: performance.now(), cpu: platform.usage('ingress-0') }
  const result = await runProgram<PostLoadResult>('post-load', order, context.signal)
  const seconds = (performance.now() - before.at) / 1000
  return { ...result, ingressCores: (platform.usage('ingress-0') - before.cpu) / seconds }
}

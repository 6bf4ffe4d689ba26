import type { ServicePlan } from './service-plan.ts'

/**
 * The environment that limits the memory of a service. V8's defaults depend on the size of the machine,
 * and garbage can grow to hundreds of megabytes (Node.js documentation, Command-line options, NODE_OPTIONS).
 */
export function memoryEnv({ heapMegabytes, youngMegabytes }: ServicePlan): Record<string, string> {
  if (heapMegabytes === undefined) return {}
  const options = [`--max-old-space-size=${heapMegabytes}`]
  if (youngMegabytes !== undefined) options.push(`--max-semi-space-size=${youngMegabytes}`)
  return { NODE_OPTIONS: options.join(' ') }
}

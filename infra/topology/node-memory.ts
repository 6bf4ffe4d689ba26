import type { ServicePlan } from './service-plan.ts'

/**
 * The environment that keeps a service of ours small. V8 goes by the size of the machine, and
 * lets garbage grow to hundreds of megabytes before it looks (Node.js documentation, Command-line
 * options, NODE_OPTIONS).
 */
export function memoryEnv({ heapMegabytes, youngMegabytes }: ServicePlan): Record<string, string> {
  if (heapMegabytes === undefined) return {}
  const options = [`--max-old-space-size=${heapMegabytes}`]
  if (youngMegabytes !== undefined) options.push(`--max-semi-space-size=${youngMegabytes}`)
  return { NODE_OPTIONS: options.join(' ') }
}

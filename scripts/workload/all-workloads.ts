import { ReadingsWorkload } from './readings/readings-workload.ts'
import type { Workload } from './workload.ts'

/** Every workload by name, one line each. */
export const workloads = {
  readings: () => new ReadingsWorkload(),
} satisfies Readonly<Record<string, () => Workload>>

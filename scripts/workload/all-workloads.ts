import { ClassifiedsWorkload } from './classifieds/classifieds-workload.ts'
import { DevicesWorkload } from './devices/devices-workload.ts'
import { FilesWorkload } from './files/files-workload.ts'
import { ReadingsWorkload } from './readings/readings-workload.ts'
import { TasksWorkload } from './tasks/tasks-workload.ts'
import type { Workload } from './workload.ts'

/** Every workload by name, one line each. */
export const workloads = {
  readings: () => new ReadingsWorkload(),
  devices: () => new DevicesWorkload(),
  classifieds: () => new ClassifiedsWorkload(),
  tasks: () => new TasksWorkload(),
  files: () => new FilesWorkload(),
  'files-s3': () => new FilesWorkload({ onS3: true }),
} satisfies Readonly<Record<string, () => Workload>>

export type WorkloadName = keyof typeof workloads
export const workloadNames = Object.keys(workloads) as WorkloadName[]

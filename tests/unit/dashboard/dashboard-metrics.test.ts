import { expect } from 'chai'
import { Registry } from 'prom-client'
import { createDashboardMetrics } from '../../../services/dashboard/dashboard-metrics.ts'
import type { PlatformView } from '../../../services/dashboard/health/platform-monitor.ts'

type View = Pick<PlatformView, 'services' | 'deadLetters' | 'work'>

describe('createDashboardMetrics', () => {
  const registry = new Registry()
  let view: View
  createDashboardMetrics(registry, {
    fleet: { size: 7 },
    hub: { connectionCount: 2 },
    view: () => view,
  })

  /** The samples of a metric, as `label: number`. */
  async function samplesOf(name: string): Promise<string[]> {
    const metric = await registry.getSingleMetric(name)?.get()
    const samples = metric?.values ?? []
    return samples.map(({ labels, value }) => [...Object.values(labels), value].join(': '))
  }

  it('exports no samples for services and dead letters that could not be read', async () => {
    view = { services: undefined, deadLetters: undefined, work: undefined }
    expect(await samplesOf('telemetry_service_up')).to.deep.equal([])
    expect(await samplesOf('telemetry_dead_letters_open')).to.deep.equal([])
  })

  it('exports which services are up and drops services that are no longer checked', async () => {
    const kafka = { name: 'kafka-0', up: true }
    view = {
      services: [kafka, { name: 'kafka-1', up: false }],
      deadLetters: undefined,
      work: undefined,
    }
    expect(await samplesOf('telemetry_service_up')).to.deep.equal(['kafka-0: 1', 'kafka-1: 0'])
    view = { services: [kafka], deadLetters: undefined, work: undefined }
    expect(await samplesOf('telemetry_service_up')).to.deep.equal(['kafka-0: 1'])
  })

  it('exports open dead letters by reason, with 0 for reasons that do not occur', async () => {
    view = {
      services: [],
      deadLetters: [{ reason: 'key-conflict', count: 3, latest: null }],
      work: undefined,
    }
    const samples = await samplesOf('telemetry_dead_letters_open')
    expect(samples).to.include('key-conflict: 3').and.to.include('expired: 0')
    expect(samples.filter((sample) => !sample.endsWith(': 0'))).to.deep.equal(['key-conflict: 3'])
  })

  it('exports tasks by pipeline and state, the outbox, changed files that are not copied, waiting results, running and lost workers, unmatched files, and no samples before they are read', async () => {
    view = { services: [], deadLetters: undefined, work: undefined }
    const names = [
      ...['telemetry_outbox_messages', 'telemetry_outbox_age_seconds'],
      ...['telemetry_messages_refused', 'telemetry_workers_running'],
      ...['telemetry_outputs_waiting', 'telemetry_outputs_age_seconds'],
      'telemetry_file_status_age_seconds',
    ]
    const otherNames = ['telemetry_workers_lost', 'telemetry_files_unmatched']
    const figures = () => Promise.all([...names, ...otherNames, 'telemetry_tasks'].map(samplesOf))
    expect(await figures()).to.deep.equal([[], [], [], [], [], [], [], [], [], []])
    const counts = { queued: 5, running: 2, complete: 7, failed: 1, canceled: 0 }
    const tasks = [{ pipeline: 'job', ...counts }]
    view = {
      ...view,
      work: {
        messages: 3,
        ageSeconds: 1.5,
        refusedMessages: 2,
        fileStatusAgeSeconds: 9.5,
        waitingOutputs: 7,
        outputAgeSeconds: 8.5,
        runningWorkers: 4,
        lostWorkers: 1,
        unmatchedFiles: 6,
        tasks,
      },
    }
    expect(await figures()).to.deep.equal([
      ...[['3'], ['1.5'], ['2'], ['4'], ['7'], ['8.5'], ['9.5'], ['1'], ['6']],
      [
        'job: queued: 5',
        'job: running: 2',
        'job: complete: 7',
        'job: failed: 1',
        'job: canceled: 0',
      ],
    ])
  })
})

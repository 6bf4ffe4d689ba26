import { expect } from 'chai'
import fc from 'fast-check'
import type { View } from '../../../services/dashboard/page/state/view.ts'
import {
  decodeView,
  defaultView,
  encodeView,
  hidesSilent,
  isViewFragment,
  modes,
  playbackRates,
  withSilent,
} from '../../../services/dashboard/page/state/view.ts'
import { fileStates, taskStates } from '../../../services/ledger/tasks/task.ts'
import { vehicleActivities } from '../../../services/dashboard/page/state/vehicle-activity.ts'

const aTime = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000)
const aSpan = fc
  .tuple(aTime, fc.integer({ min: 1, max: 100_000 }))
  .map(([from, seconds]) => ({ from, to: from + seconds * 1000 }))

const aView: fc.Arbitrary<View> = fc
  .record({
    mode: fc.constantFrom(...modes),
    camera: fc.option(
      fc.record({
        longitude: fc.integer({ min: -180, max: 180 }),
        latitude: fc.integer({ min: -90, max: 90 }),
        zoom: fc.integer({ min: 0, max: 24 }),
      }),
      { nil: undefined },
    ),
    vin: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    isFollowing: fc.boolean(),
    query: fc.string(),
    states: fc.subarray([...vehicleActivities]),
    span: fc.option(aSpan, { nil: undefined }),
    time: fc.option(aTime, { nil: undefined }),
    rate: fc.constantFrom(...playbackRates),
    pipeline: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    taskState: fc.option(fc.constantFrom(...taskStates), { nil: undefined }),
    task: fc.option(fc.integer({ min: 1, max: 1e12 }), { nil: undefined }),
    fileState: fc.option(fc.constantFrom(...fileStates), { nil: undefined }),
    file: fc.option(fc.integer({ min: 1, max: 1e12 }), { nil: undefined }),
  })
  .map((view) => ({
    ...view,
    isFollowing: view.isFollowing && view.vin !== undefined,
    time: view.span && view.time,
  }))

describe('the view in the URL', () => {
  it('decodes to the encoded view', () => {
    fc.assert(
      fc.property(aView, (view) => {
        expect(decodeView(`#${encodeView(view)}`)).to.deep.equal(view)
      }),
    )
  })

  it('is readable and omits defaults', () => {
    const camera = { longitude: -122.4194, latitude: 37.7749, zoom: 14 }
    const view = { ...defaultView, camera, vin: '5YJ', isFollowing: true }
    expect(encodeView(view)).to.equal('/live?at=37.77490,-122.41940,14.00&vin=5YJ&follow=1')
    expect(encodeView(defaultView)).to.equal('/live')
  })

  it('is distinguished from the id of an element', () => {
    fc.assert(
      fc.property(aView, (view) => {
        expect(isViewFragment(`#${encodeView(view)}`)).to.equal(true)
      }),
    )
    expect(['', '#/nowhere', '#search'].map(isViewFragment)).to.deep.equal([true, true, false])
  })

  it('decodes any text, with defaults for invalid fields', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(modes).to.include(decodeView(text).mode)
      }),
    )
    expect(
      decodeView('#/nowhere?at=91,0,3&states=lost&rate=7&from=x&time=y&state=x&task=-1'),
    ).to.deep.equal(defaultView)
  })
})

describe('hiding silent vehicles', () => {
  it('shows the other three states, and all states again', () => {
    const hidden = withSilent([], true)
    expect(hidden).to.deep.equal(['moving', 'standing', 'stale'])
    expect(hidesSilent(hidden)).to.equal(true)
    expect(withSilent(hidden, false)).to.deep.equal([])
    expect(hidesSilent([])).to.equal(false)
  })

  it('changes no other state of the filter', () => {
    expect(withSilent(['moving', 'silent'], true)).to.deep.equal(['moving'])
    expect(withSilent(['moving'], false)).to.deep.equal(['moving', 'silent'])
  })

  it('shows the other three states if the filter showed only silent vehicles', () => {
    expect(withSilent(['silent'], true)).to.deep.equal(['moving', 'standing', 'stale'])
  })
})

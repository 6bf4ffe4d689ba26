import type { Window } from './window.ts'

/** The window in the parameters of a task; undefined if they are not two times in order. */
export function windowOfParams(params: string): Window | undefined {
  const { from, to } = parseObject(params)
  const [fromMs, toMs] = [from, to].map((text) =>
    typeof text === 'string' ? Date.parse(text) : Number.NaN,
  )
  if (fromMs === undefined || toMs === undefined || !(fromMs < toMs)) return undefined
  return { fromMs, toMs }
}

function parseObject(text: string): { readonly from?: unknown; readonly to?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch {
    return {}
  }
}

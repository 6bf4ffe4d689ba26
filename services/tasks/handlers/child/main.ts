import { isMainThread } from 'node:worker_threads'

// The same file is the program of a process and of the thread that watches it.
if (isMainThread) {
  const { runProcess } = await import('./run-process.ts')
  await runProcess()
} else {
  const { watchProcess } = await import('./watch-process.ts')
  watchProcess()
}

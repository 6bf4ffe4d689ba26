/** Name of the pipeline that stores readings. It is part of the keys of its ledgers and dead letters. */
export const readingsPipeline = 'readings'

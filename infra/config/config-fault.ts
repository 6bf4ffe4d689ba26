/** What is wrong at one path of the configuration, and what would be right. */
export type ConfigFault = { readonly path: string; readonly problem: string }

import type { Definition } from './lifecycle.ts'
export interface RootOptions { readonly logDir?: string }
export function startRoot(_definition: Definition, _args: readonly unknown[], _options: RootOptions): Promise<unknown> { throw new Error('not yet') }

/** For tests and demos: agents without a model, models without a network, runs without a disk. */
export { memoryStore } from '../log/memory.ts'
export { type Surroundings, surroundedBy } from '../runtime/surroundings.ts'
export { messageScript } from './message-script.ts'
export type { ModelRequest } from './model-request.ts'
export { type ModelServer, type ModelServerOptions, startModelServer } from './model-server.ts'
export type { ModelStep } from './model-stream.ts'
export { piConfig } from './pi-config.ts'

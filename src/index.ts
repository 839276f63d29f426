/** The public API of ramure. Everything else may change without notice. */
import './replay/mode.ts'

export { RamureError } from './log/error.ts'
export type { Definition as ToolDefinition, Entry, Json, JsonObject } from './log/events.ts'
export { VERSION } from './log/version.ts'
export { type LocalImageOptions, localImage } from './machines/local.ts'
export type { ExecOptions, FileOptions, Image } from './machines/machine.ts'
export { type Agent, type AgentOptions, agent } from './runtime/agent.ts'
export type { AgentEvent } from './runtime/agent-record.ts'
export { connect } from './runtime/connect.ts'
export { type CurrentRun, currentRun } from './runtime/current-run.ts'
export { type DriverChoice, type ScriptedAgent, type ScriptedMessage, scripted } from './runtime/driver-choice.ts'
export { branch, parallel, type StepContext, sleep, step } from './runtime/effects.ts'
export { expose } from './runtime/endpoint.ts'
export { ExecutionCancelled, ExecutionFailed, ProcessTimeout } from './runtime/errors.ts'
export { type ExecOutcome, type Machine, machine } from './runtime/machine-record.ts'
export {
  type AgentProcess,
  agentProcess,
  bubble,
  done,
  emit,
  fail,
  type ProcessHandle,
  type ProcessOf,
  type ProcessOptions,
  spawn,
  wait,
} from './runtime/process.ts'
export type { EventStream, ListenOptions, ProcessEvent } from './runtime/stream.ts'
export type { RootOptions } from './runtime/surroundings.ts'
export type { InputOf, InputSchema, ToolSpec } from './runtime/tool.ts'

export type {
  Output,
  ProcessEvents,
  ProcessProvider,
  ProcessRequest,
  StandardInput,
  StandardOutput,
  StartedProcess,
} from './contracts.ts'
export { createSubprocessExec, createSubprocessShell } from './create-subprocess.ts'
export type { Piped, ProcessWith } from './create-subprocess.ts'
export { CalledProcessError, ProcessLookupError, ProcessTimeoutError, SpawnError } from './errors.ts'
export type { Ended } from './errors.ts'
export type { Input } from './input.ts'
export { lines } from './lines.ts'
export type { LinesOptions } from './lines.ts'
export { nodeProcesses } from './node-processes.ts'
export { DEVNULL, PIPE, STDOUT } from './options.ts'
export type { ProcessOptions, SubprocessOptions } from './options.ts'
export type { CommandOutput, OutputFile } from './outputs.ts'
export { Command, command, pipe } from './pipe.ts'
export type { CommandOptions, CompletedPipeline, PipelineOptions } from './pipe.ts'
export { Process } from './process.ts'
export type { InputData } from './process.ts'
export { processProvider, setProcessProvider } from './provider.ts'
export { run } from './run.ts'
export type { Captured, CompletedProcess, RunOptions, TextOf } from './run.ts'
export { subprocessExec, subprocessShell } from './subprocess-transport.ts'
export type { SubprocessExecOptions, SubprocessProtocol, SubprocessTransport } from './subprocess-transport.ts'

/**
 * cli: `stepwise check`, `stepwise plan`, `stepwise doctor`: reads arguments, asks the operations that chat asks too, prints what they say.
 * Never decides anything, and never reaches a cluster itself: `src/cli.ts` hands it in. Begin reading at commands.ts.
 */
export type { CliTools, ClusterQuestions } from './commands.ts';
export type { ClusterFlags } from './read-arguments.ts';
export { runCli } from './run-cli.ts';

/**
 * experiment: the mind of an Experiment: some pods beside the others, for a while, and what is measured of them. Pure.
 * Never does anything: it says what should be done (effect.ts) about what was seen (world.ts).
 * Begin reading at decide-experiment.ts.
 */
export { decideExperiment } from './decide-experiment.ts';
export type { ExperimentDecision, ExperimentEffect, NewService } from './effect.ts';
export { validateExperiment } from './validate.ts';
export type { ExperimentWorld } from './world.ts';

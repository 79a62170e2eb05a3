import type { AdditionalWeight, ManagedRoute, RouterReading, TrafficRouting } from '../rollout/index.ts';

/** Whose traffic: everything a router needs to know of one Rollout. */
export interface RouterTarget {
  readonly namespace: string;
  readonly rolloutName: string;
  readonly rolloutUid: string;
  readonly canaryService: string;
  readonly stableService: string;
  readonly routing: TrafficRouting;
}

/** What everybody but stable gets, 0…maxTrafficWeight; stable gets the rest. */
export interface Weights {
  readonly canary: number;
  /** Pods of an Experiment. These, and no others. */
  readonly additional?: readonly AdditionalWeight[];
}

/**
 * One kind of traffic router. Small on purpose: read where the traffic goes, say where it shall go.
 * Weights are 0…maxTrafficWeight (100 unless the Rollout says otherwise). Every call takes a signal and ends within 5 s.
 */
export interface TrafficRouter {
  /** The key under `spec.strategy.canary.trafficRouting` (or under its `plugins`) that asks for this router. */
  readonly kind: string;
  /**
   * Reads where the weight stands, live. Never throws for what a person must fix (a missing Ingress, no rule for the service): that is
   * `problem`. Throws when the API cannot be asked.
   */
  read(target: RouterTarget, signal: AbortSignal): Promise<RouterObservation>;
  /**
   * Sets the weights, creating what the router needs. Precondition: the objects are as `seen` says, by resourceVersion;
   * when they moved it throws `ConflictError` and has changed nothing it could not repeat. Setting what is already set writes nothing.
   * A router that cannot send shares to others throws `InvalidError` in words. Returns the reading that its answers make.
   */
  setWeight(
    target: RouterTarget,
    weights: Weights,
    seen: RouterObservation,
    signal: AbortSignal,
  ): Promise<RouterObservation>;
  /**
   * Makes these, and no others, the routes that bring matching requests to the canary beside its weight; in this order, before all
   * others. `[]` takes all of them away. Precondition and answer as of `setWeight`; a router that cannot throws `InvalidError` in words.
   */
  setRoutes(
    target: RouterTarget,
    routes: readonly ManagedRoute[],
    seen: RouterObservation,
    signal: AbortSignal,
  ): Promise<RouterObservation>;
  /** What a cache holds of the router's objects, for showing only: a decision needs `read`. Undefined: no cache of this kind is kept. */
  readCached?(target: RouterTarget): RouterObservation | undefined;
}

/** A reading with what the router itself needs for its precondition (opaque to everybody else). */
export interface RouterObservation extends RouterReading {
  readonly objects: readonly unknown[];
}

/**
 * traffic-routers: moves the canary's share of requests. One contract (traffic-router.ts), one file per vendor, listed here by hand.
 * Never decides a weight.
 */
export { createTrafficRouters, type TrafficRouters } from './choose.ts';
export type { RouterObservation, RouterTarget, TrafficRouter } from './traffic-router.ts';

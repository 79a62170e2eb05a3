/**
 * sandbox/world: everything of a cluster that surrounds its API: controllers, a kubelet whose pods behave as the image
 * list says, a proxy that follows Ingress and HTTPRoute objects, a load generator, and the counters of what was served.
 * Knows the API over HTTP only, and nothing of whoever steers the traffic. Begin with world.ts.
 */
export type { HostCounters, Tally, WorldCounters } from './proxy/recent-requests.ts';
export { createWorld, type World, type WorldOptions } from './world.ts';

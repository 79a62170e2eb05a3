/**
 * sandbox/world: everything of a cluster that surrounds its API: controllers, a kubelet whose pods behave as the image
 * list says, a proxy that follows Ingress and HTTPRoute objects, a load generator, and the counters of what was served.
 * Knows the API over HTTP only, and nothing of whoever steers the traffic. Begin with world.ts.
 *
 * Told by ConfigMaps in one namespace: `image-list` (each value YAML, image → what it does: image-list.ts) and `load` (host → requests
 * per second). Told by annotations on pods: `sandbox/completes-after-ms`, `sandbox/exit-code`. Edited at any time: the next request, pull
 * or start follows.
 * Tells over HTTP: /metrics for Prometheus, /counters?seconds=5 and /counters/stream (server-sent events) for a page; a request whose
 * Host header a route takes is answered by the pod that the route chose.
 */
export type { HostCounters, Tally, WorldCounters } from './proxy/recent-requests.ts';
export { createWorld, type World, type WorldOptions } from './world.ts';

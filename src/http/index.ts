/**
 * http: what machines ask us: are you alive, are you ready, what do you count.
 * Never changes a rollout. Begin reading at http-server.ts.
 */
export { createHttpServer, type HttpServer, type HttpServerSettings } from './http-server.ts';
export { type Check, checkReflector } from './readiness.ts';

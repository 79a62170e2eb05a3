/**
 * http: what machines ask us: are you alive, are you ready, what do you count.
 * And what they tell us: a build that ended well (image-hook.ts).
 * Never changes a rollout. Begin reading at http-server.ts.
 */

export { createHttpServer, type HttpServer, type HttpServerSettings } from './http-server.ts';
export { createImageHook, type ImageHookTools } from './image-hook.ts';
export { type Check, checkReflector } from './readiness.ts';
export type { Reply } from './reply.ts';

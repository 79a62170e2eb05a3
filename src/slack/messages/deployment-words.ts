import type { Command } from '../commands/command.ts';
import { print } from '../commands/print.ts';

/** Why a verb of steps means nothing for a plain Deployment, and what does. */
export function deploymentRefusal(verb: string, { target }: Command): { why: string; works: readonly string[] } {
  const line = (instead: 'status' | 'resume' | 'abort') =>
    print({ verb: instead, ...(target === undefined ? {} : { target }) });
  switch (verb) {
    case 'promote':
      return {
        why: 'Kubernetes moves the pods of a Deployment by itself: no gate waits for a promote. What is paused is resumed.',
        works: [line('status'), line('resume')],
      };
    case 'retry':
      return {
        why: 'a Deployment that went back asks for the good version again: what was undone is started anew.',
        works: [print({ verb: 'start', ...(target === undefined ? {} : { target }), images: [{ image: '2.0.0' }] })],
      };
    default:
      return {
        why: 'a Deployment has no steps: Kubernetes moves its pods, and its soak ends by itself. To end it now is to undo it.',
        works: [line('status'), line('abort')],
      };
  }
}

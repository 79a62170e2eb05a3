import type { Method } from '../call.ts';
import { app } from './app.ts';
import { chat } from './chat.ts';
import { conversations } from './conversations.ts';
import { createFileMethods, type Uploads } from './files.ts';
import { people } from './people.ts';
import { views } from './views.ts';

/** Every Web API method that we answer, by its name. */
export function createMethods(uploads: Uploads): Readonly<Record<string, Method>> {
  return { ...app, ...chat, ...conversations, ...createFileMethods(uploads), ...people, ...views };
}

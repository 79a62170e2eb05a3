/**
 * page: the page to click on. Left a Slack-like channel that renders the blocks that arrived, right the world as the
 * proxy counted it and the Kubernetes API tells it.
 * It knows nothing but those two, and what the options say; it decides nothing. It never speaks to the service.
 * Begin with page.ts (the server) and client/app.tsx (the browser).
 */

export type { Fact, PageAction, PageOptions, Pinned, StatusLine, Subscribe, WriteLine } from './options.ts';
export { createPage, type Page } from './page.ts';

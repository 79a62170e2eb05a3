import type { User } from './requests/request.ts';
import type { Registry } from './resources/registry.ts';
import type { Resource } from './resources/resource.ts';
import type { Store } from './store/store.ts';

/** What every request handler works with. */
export interface Api {
  readonly store: Store;
  readonly registry: Registry;
  nowMs(): number;
}

/** One write on its way: what it is about, who does it, and how it was asked. */
export interface Write {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly user: User;
  /** The field manager. */
  readonly manager: string;
  readonly isDryRun: boolean;
  readonly fieldValidation: string;
  /** Sent as `Warning` headers with the answer. */
  readonly warnings: string[];
}

/** A timestamp as Kubernetes writes it: second precision. */
export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

/** What happened at the proxy lately and in all, for people to look at. */
export type WorldCounters = {
  readonly atMs: number;
  readonly windowSeconds: number;
  readonly hosts: Readonly<Record<string, HostCounters>>;
};

export type Tally = {
  /** Inside the window. */
  readonly requests: number;
  readonly errors: number;
  readonly requestsPerSecond: number;
  /** Of the host's requests inside the window, 0 to 1. */
  readonly share: number;
  /** Since the proxy started. */
  readonly total: number;
  readonly totalErrors: number;
};

export type HostCounters = Tally & {
  /** By image tag; requests that no pod could answer stand under `none`. */
  readonly versions: Readonly<Record<string, Tally>>;
  /** By `namespace/service` that routed. */
  readonly services: Readonly<Record<string, Tally>>;
  /** Copies of requests, by the `namespace/service` that got them: beside the host's requests, not among them. */
  readonly copies: Readonly<Record<string, Tally>>;
};

export type RecentRequests = {
  add(request: {
    readonly host: string;
    readonly version: string;
    readonly service: string;
    readonly isError: boolean;
  }): void;
  addCopy(copy: { readonly host: string; readonly service: string; readonly isError: boolean }): void;
  read(windowSeconds: number): WorldCounters;
};

const SLOT_MS = 250;
const SLOTS = 4 * 120;

/** A ring of quarter seconds beside the running totals. */
type Counts = {
  total: number;
  totalErrors: number;
  readonly slots: Uint32Array;
  readonly errorSlots: Uint32Array;
  lastSlot: number;
};
type Host = { readonly all: Counts } & Readonly<Record<'versions' | 'services' | 'copies', Map<string, Counts>>>;

export function createRecentRequests(nowMs: () => number = Date.now): RecentRequests {
  const hosts = new Map<string, Host>();

  function hostOf(name: string, slot: number): Host {
    const held = hosts.get(name);
    if (held !== undefined) return held;
    const host = { all: createCounts(slot), versions: new Map(), services: new Map(), copies: new Map() };
    hosts.set(name, host);
    return host;
  }

  return {
    add({ host, version, service, isError }) {
      const slot = Math.floor(nowMs() / SLOT_MS);
      const held = hostOf(host, slot);
      for (const counts of [held.all, countsIn(held.versions, version, slot), countsIn(held.services, service, slot)]) {
        addTo(counts, slot, isError);
      }
    },
    addCopy({ host, service, isError }) {
      const slot = Math.floor(nowMs() / SLOT_MS);
      addTo(countsIn(hostOf(host, slot).copies, service, slot), slot, isError);
    },
    read(windowSeconds) {
      const seconds = Math.min(Math.max(windowSeconds, 1), (SLOTS * SLOT_MS) / 1000 - 1);
      const atMs = nowMs();
      const slot = Math.floor(atMs / SLOT_MS);
      const read = Object.fromEntries(
        [...hosts].map(([name, host]) => {
          const all = readCounts(host.all, { slot, seconds, ofRequests: undefined });
          const window = { slot, seconds, ofRequests: all.requests };
          const [versions, services] = [readAll(host.versions, window), readAll(host.services, window)];
          return [name, { ...all, versions, services, copies: readAll(host.copies, window) }];
        }),
      );
      return { atMs, windowSeconds: seconds, hosts: read };
    },
  };
}

type Window = { readonly slot: number; readonly seconds: number; readonly ofRequests: number | undefined };

function readAll(counts: ReadonlyMap<string, Counts>, window: Window): Record<string, Tally> {
  return Object.fromEntries([...counts].map(([name, held]) => [name, readCounts(held, window)]));
}

function readCounts(counts: Counts, window: Window): Tally {
  advanceTo(counts, window.slot);
  let requests = 0;
  let errors = 0;
  // The running quarter second is included: what was just sent is already seen.
  for (let back = 0; back < (window.seconds * 1000) / SLOT_MS; back++) {
    const index = (window.slot - back) % SLOTS;
    requests += counts.slots[index] ?? 0;
    errors += counts.errorSlots[index] ?? 0;
  }
  const ofRequests = window.ofRequests ?? requests;
  return {
    requests,
    errors,
    requestsPerSecond: Math.round((requests / window.seconds) * 10) / 10,
    share: ofRequests === 0 ? 0 : requests / ofRequests,
    total: counts.total,
    totalErrors: counts.totalErrors,
  };
}

function createCounts(slot: number): Counts {
  return {
    total: 0,
    totalErrors: 0,
    slots: new Uint32Array(SLOTS),
    errorSlots: new Uint32Array(SLOTS),
    lastSlot: slot,
  };
}

function countsIn(map: Map<string, Counts>, key: string, slot: number): Counts {
  const held = map.get(key) ?? createCounts(slot);
  map.set(key, held);
  return held;
}

function addTo(counts: Counts, slot: number, isError: boolean): void {
  advanceTo(counts, slot);
  const index = slot % SLOTS;
  counts.slots[index] = (counts.slots[index] ?? 0) + 1;
  counts.total += 1;
  if (!isError) return;
  counts.errorSlots[index] = (counts.errorSlots[index] ?? 0) + 1;
  counts.totalErrors += 1;
}

/** Empties the slots that time has passed over. */
function advanceTo(counts: Counts, slot: number): void {
  if (slot <= counts.lastSlot) return;
  for (let passed = Math.max(counts.lastSlot + 1, slot - SLOTS + 1); passed <= slot; passed++) {
    counts.slots[passed % SLOTS] = 0;
    counts.errorSlots[passed % SLOTS] = 0;
  }
  counts.lastSlot = slot;
}

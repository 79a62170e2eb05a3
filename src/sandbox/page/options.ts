/** Calls `listener` for every item from now on; the returned function ends it. */
export type Subscribe<T> = (listener: (item: T) => void) => () => void;

/** One line of "what was real". */
export interface Fact {
  /** The part: `Slack`, `Kubernetes` … */
  readonly label: string;
  /** What spoke to it, and what it was. */
  readonly what: string;
  /** The flag or setting that swaps in the real one. */
  readonly flag: string;
}

/** A button of the *Break it* row. */
export interface PageAction {
  readonly name: string;
  readonly label: string;
  /** Breaks nothing: it stands apart. */
  readonly isHelpful?: boolean;
}

/** The state of one process or server, by its name: the latest line per name is shown. */
export interface StatusLine {
  readonly name: string;
  readonly isAlive: boolean;
  readonly text: string;
}

/** One write to the Kubernetes API, in one line. */
export interface WriteLine {
  readonly atMs: number;
  readonly line: string;
}

/** What stands above the channel: a sentence and commands to send with one click. */
export interface Pinned {
  readonly text: string;
  readonly commands: readonly { readonly label: string; readonly text: string }[];
}

export interface PageOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Of the stand-in. Empty: the channel is in a real workspace, and the page shows the world alone. */
  readonly slackUrl: string;
  /** Serves `/counters/stream`: requests per version, counted at the proxy. */
  readonly worldUrl?: string;
  readonly kubernetesUrl?: string;
  /** Bearer token for the Kubernetes API. */
  readonly kubernetesToken?: string;
  /** Certificate authority of the Kubernetes API, PEM. */
  readonly kubernetesCa?: string;
  /** Pods of these namespaces are shown; left out: all but `kube-…`. */
  readonly namespaces?: readonly string[];
  readonly title?: string;
  /** The channel shown first, by id. Left out: the workspace's first one. */
  readonly channel?: string;
  /** What stands in the composer at the start, such as a slash command to send. */
  readonly command?: string;
  readonly pinned?: Pinned;
  readonly kubectlLine?: string;
  readonly facts?: readonly Fact[];
  readonly actions?: readonly PageAction[];
  /** Does what the button says; what it returns is shown. */
  readonly onAction?: (name: string) => Promise<string | undefined> | string | undefined;
  readonly status?: Subscribe<StatusLine>;
  readonly writes?: Subscribe<WriteLine>;
}

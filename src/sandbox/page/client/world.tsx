import { useEffect, useRef, useState } from 'react';
import type { PageAction } from '../options.ts';
import type { PodLine } from '../pods.ts';
import { Dialog } from './dialogs.tsx';
import { Icon } from './icons.tsx';
import { type About, doAction, type SeenWrite, type WorldState } from './server.ts';
import { type Colours, createColours, Traffic } from './traffic.tsx';

/** The world: what the proxy counted and what the Kubernetes API says. It hears nothing from the chat side. */
export function WorldPane({ about, world }: { readonly about: About; readonly world: WorldState }) {
  const colours = useRef<Colours>(undefined);
  colours.current ??= createColours();
  const hosts = Object.keys(world.samples.at(-1)?.hosts ?? {});
  return (
    <aside className="world" aria-label="The world">
      <header className="world-head">
        <h2>The world</h2>
        <span className="dim">
          {about.hasWorld || about.hasKubernetes
            ? 'counted at the proxy, read from the Kubernetes API'
            : 'is your own cluster: look there'}
        </span>
      </header>
      {about.hasWorld && (
        <section className="panel" aria-label="Traffic">
          {hosts.map((host) => (
            <Traffic key={host} host={host} samples={world.samples} colours={colours.current ?? createColours()} />
          ))}
          {hosts.length === 0 && (
            <p className="dim waiting">
              {world.reachable.get('proxy') === true ? 'No requests yet.' : 'Waiting for the proxy…'}
            </p>
          )}
        </section>
      )}
      {about.hasKubernetes && (
        <section className="panel pods-panel" aria-label="Pods">
          <h3>Pods</h3>
          <Pods pods={world.pods} colours={colours.current} isThere={world.reachable.get('kubernetes') === true} />
        </section>
      )}
      {about.hasWrites && (
        <section className="panel writes-panel" aria-label="Last API writes">
          <h3>Last API writes</h3>
          <Writes writes={world.writes} />
        </section>
      )}
      {(about.actions.length > 0 || world.status.size > 0) && (
        <section className="panel" aria-label="Processes">
          <Processes about={about} world={world} />
        </section>
      )}
      <Footer about={about} />
    </aside>
  );
}

interface PodsProps {
  readonly pods: readonly PodLine[];
  readonly colours: Colours;
  readonly isThere: boolean;
}

function Pods({ pods, colours, isThere }: PodsProps) {
  const apps = new Map<string, Map<string, PodLine[]>>();
  for (const pod of pods.toSorted((left, right) => left.name.localeCompare(right.name))) {
    const key = `${pod.namespace}/${pod.app}`;
    const versions = apps.get(key) ?? new Map<string, PodLine[]>();
    versions.set(pod.version, [...(versions.get(pod.version) ?? []), pod]);
    apps.set(key, versions);
  }
  if (apps.size === 0) return <p className="dim waiting">{isThere ? 'No pods.' : 'Waiting for the Kubernetes API…'}</p>;
  return (
    <div className="pods">
      {[...apps].map(([app, versions]) => (
        <div key={app} className="pod-app">
          <span className="pod-app-name">{app}</span>
          {[...versions]
            .toSorted(([left], [right]) => left.localeCompare(right, 'en', { numeric: true }))
            .map(([version, ofVersion]) => (
              <PodRow key={version} version={version} pods={ofVersion} colour={colours.of(version)} />
            ))}
        </div>
      ))}
    </div>
  );
}

function PodRow({
  version,
  pods,
  colour,
}: {
  readonly version: string;
  readonly pods: readonly PodLine[];
  readonly colour: string;
}) {
  const ready = pods.filter((pod) => pod.isReady && !pod.isLeaving).length;
  const staying = pods.filter((pod) => !pod.isLeaving).length;
  return (
    <div className="pod-row">
      <span className="swatch" style={{ background: colour }} />
      <span className="version">{version}</span>
      <span className="pod-cells">
        {pods.map((pod) => (
          <span
            key={pod.name}
            className={`pod ${podLook(pod)}`}
            style={{ '--pod': colour } as React.CSSProperties}
            title={`${pod.name}: ${podWords(pod)}`}
          />
        ))}
      </span>
      <span className="dim">
        {ready}/{staying} ready
      </span>
    </div>
  );
}

function podWords(pod: PodLine): string {
  if (pod.isLeaving) return 'terminating';
  return pod.isReady ? 'ready' : pod.state;
}

function podLook(pod: PodLine): string {
  if (pod.isLeaving) return 'is-leaving';
  if (pod.isReady) return 'is-ready';
  return /Err|Crash|Fail|BackOff/.test(pod.state) ? 'is-broken' : 'is-starting';
}

function Writes({ writes }: { readonly writes: readonly SeenWrite[] }) {
  const list = useRef<HTMLOListElement>(null);
  const newest = writes.at(-1);
  useEffect(() => {
    if (newest !== undefined && list.current !== null) list.current.scrollTop = 0;
  }, [newest]);
  if (writes.length === 0) return <p className="dim waiting">Nothing written yet.</p>;
  return (
    <ol className="writes" ref={list}>
      {writes.toReversed().map((write) => (
        <li key={write.number}>
          <time>{new Date(write.atMs).toTimeString().slice(0, 8)}</time>
          <WriteWords line={write.line} />
        </li>
      ))}
    </ol>
  );
}

/** Verb, object, and what changed: in little space the object's name keeps its first half, the title has the rest. */
function WriteWords({ line }: { readonly line: string }) {
  const [verb = '', object = '', ...rest] = line.split(' ');
  return (
    <code title={line}>
      <span className="write-verb">{verb}</span> <span className="write-object">{object}</span>{' '}
      <span className="write-change">{rest.join(' ')}</span>
    </code>
  );
}

/** As long as what is broken stays broken. */
const noteStaysMs = 20_000;

function Processes({ about, world }: { readonly about: About; readonly world: WorldState }) {
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState<string>();
  useEffect(() => {
    if (note === '') return;
    const timer = setTimeout(() => setNote(''), noteStaysMs);
    return () => clearTimeout(timer);
  }, [note]);
  async function run(name: string): Promise<void> {
    setBusy(name);
    setNote(await doAction(name));
    setBusy(undefined);
  }
  const lines = [...world.status.values()];
  const helpful = about.actions.filter(({ isHelpful }) => isHelpful === true);
  const button = (action: PageAction) => (
    <button
      key={action.name}
      type="button"
      className="chip"
      disabled={busy !== undefined}
      aria-busy={busy === action.name}
      onClick={() => void run(action.name)}
    >
      {action.label}
    </button>
  );
  return (
    <>
      {lines.length > 0 && (
        <ul className="status-lines">
          {lines.map((line) => (
            <li key={line.name} data-alive={line.isAlive}>
              <span className="status-dot" /> <b>{line.name}</b> <span className="dim">{line.text}</span>
            </li>
          ))}
        </ul>
      )}
      {helpful.length > 0 && (
        <div className="break-it">
          <h3>
            <Icon name="check" size={13} /> Meanwhile, elsewhere
          </h3>
          {helpful.map(button)}
        </div>
      )}
      {about.actions.length > 0 && (
        <div className="break-it">
          <h3>
            <Icon name="bolt" size={13} /> Break it
          </h3>
          {about.actions.filter(({ isHelpful }) => isHelpful !== true).map(button)}
        </div>
      )}
      <p className="dim note" role="status">
        {note}
      </p>
    </>
  );
}

function Footer({ about }: { readonly about: About }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <footer className="world-foot">
      {about.kubectlLine !== undefined && <CopyLine line={about.kubectlLine} />}
      {about.facts.length > 0 && (
        <button type="button" className="chip" onClick={() => setOpen(true)}>
          <Icon name="info" size={14} /> What was real
        </button>
      )}
      {isOpen && (
        <Dialog title="What was real" size="large" onClose={() => setOpen(false)}>
          <table className="facts">
            <thead>
              <tr>
                <th>Part</th>
                <th>What it was</th>
                <th>The real one</th>
              </tr>
            </thead>
            <tbody>
              {about.facts.map((fact) => (
                <tr key={fact.label}>
                  <th scope="row">{fact.label}</th>
                  <td>{fact.what}</td>
                  <td>{fact.flag !== '' && <code>{fact.flag}</code>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Dialog>
      )}
    </footer>
  );
}

function CopyLine({ line }: { readonly line: string }) {
  const [isCopied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(line);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      // No permission: the line can still be selected by hand.
    }
  }
  return (
    <div className="copy-line">
      <code title={line}>{line}</code>
      <button type="button" className="plain-button" aria-label="Copy the command" onClick={() => void copy()}>
        <Icon name={isCopied ? 'check' : 'copy'} size={14} />
      </button>
    </div>
  );
}

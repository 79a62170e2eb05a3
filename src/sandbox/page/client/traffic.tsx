import { useEffect, useRef } from 'react';
import type { Rates, Sample } from '../feeds.ts';

const shownMs = 60_000;
const height = 100;
const width = 600;

export interface Colours {
  of(version: string): string;
}

/** A colour per version, kept for as long as the page lives: in the order of their versions, then of their coming. */
export function createColours(): Colours {
  const known = new Map<string, string>();
  return {
    of(version) {
      const colour = known.get(version) ?? `var(--version-${known.size % 5})`;
      known.set(version, colour);
      return colour;
    },
  };
}

interface TrafficProps {
  readonly host: string;
  readonly samples: readonly Sample[];
  readonly colours: Colours;
}

/** One host: how many requests each version answered, as counted at the proxy. */
export function Traffic({ host, samples, colours }: TrafficProps) {
  const latest = samples.at(-1)?.hosts[host] ?? {};
  const versions = listVersions(samples, host);
  const all = Object.values(latest).reduce((sum, rates) => sum + rates.perSecond, 0);
  const errors = Object.values(latest).reduce((sum, rates) => sum + rates.errorsPerSecond, 0);
  return (
    <div className="traffic" data-host={host}>
      <div className="traffic-head">
        <span className="host">{host}</span>
        <span className="rate">
          <b>{all.toFixed(0)}</b> requests/s
        </span>
        <span className={`rate ${errors > 0 ? 'is-bad' : ''}`}>
          <b>{all > 0 ? ((100 * errors) / all).toFixed(errors > 0 ? 1 : 0) : 0} %</b> errors
        </span>
      </div>
      <Graph host={host} samples={samples} versions={versions} colours={colours} />
      <SplitBar latest={latest} versions={versions} all={all} colours={colours} />
    </div>
  );
}

function listVersions(samples: readonly Sample[], host: string): readonly string[] {
  const seen = new Set<string>();
  for (const sample of samples) for (const version of Object.keys(sample.hosts[host] ?? {})) seen.add(version);
  return [...seen].toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }));
}

interface SplitProps {
  readonly latest: Readonly<Record<string, Rates>>;
  readonly versions: readonly string[];
  readonly all: number;
  readonly colours: Colours;
}

function SplitBar({ latest, versions, all, colours }: SplitProps) {
  const shares = versions.map((version) => ({
    version,
    percent: all > 0 ? (100 * (latest[version]?.perSecond ?? 0)) / all : 0,
  }));
  const present = shares.filter(({ version, percent }) => percent > 0 || (latest[version]?.total ?? 0) > 0);
  return (
    <>
      <div
        className="split"
        role="img"
        aria-label={present.map(({ version, percent }) => `${version} ${percent.toFixed(0)} %`).join(', ')}
      >
        {present
          .filter(({ percent }) => percent > 0)
          .map(({ version, percent }) => (
            <span key={version} className="split-part" style={{ flexGrow: percent, background: colours.of(version) }} />
          ))}
      </div>
      <ul className="split-legend">
        {present.map(({ version, percent }) => (
          <li
            key={version}
            data-version={version}
            data-percent={percent.toFixed(1)}
            className={percent === 0 ? 'is-idle' : ''}
          >
            <span className="swatch" style={{ background: colours.of(version) }} />
            <span className="version">{version === 'none' ? 'nobody answered' : version}</span>
            <b>{percent.toFixed(0)} %</b>
            <span className="dim">{(latest[version]?.perSecond ?? 0).toFixed(0)}/s</span>
            {(latest[version]?.errorsPerSecond ?? 0) > 0 && (
              <span className="is-bad">{(latest[version]?.errorsPerSecond ?? 0).toFixed(1)} errors/s</span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

interface GraphProps {
  readonly host: string;
  readonly samples: readonly Sample[];
  readonly versions: readonly string[];
  readonly colours: Colours;
}

/** The last minute, one area per version on top of the other, each with its errors in red. It moves with the clock. */
function Graph({ host, samples, versions, colours }: GraphProps) {
  const group = useRef<SVGGElement>(null);
  const lastMs = samples.at(-1)?.atMs ?? 0;
  useEffect(() => {
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    let frame = 0;
    const move = (): void => {
      const sinceMs = isCalm ? 0 : Math.min(1000, Date.now() - lastMs);
      group.current?.setAttribute('transform', `translate(${(-sinceMs / shownMs) * width} 0)`);
      frame = requestAnimationFrame(move);
    };
    move();
    return () => cancelAnimationFrame(frame);
  }, [lastMs]);

  const shown = samples.filter((sample) => sample.atMs >= lastMs - shownMs - 2000);
  const highest = Math.max(10, ...shown.map((sample) => sumOf(sample.hosts[host], (rates) => rates.perSecond)));
  const x = (atMs: number): number => width + 12 + ((atMs - lastMs) / shownMs) * width;
  const y = (value: number): number => height - (value / (highest * 1.1)) * (height - 4);
  const below = new Map<Sample, number>();
  /** Lays one more area on what is there already. */
  function lay(read: (rates: Rates | undefined) => number, version: string): string {
    const upper: string[] = [];
    const lower: string[] = [];
    for (const sample of shown) {
      const base = below.get(sample) ?? 0;
      const top = base + read(sample.hosts[host]?.[version]);
      below.set(sample, top);
      upper.push(`${x(sample.atMs).toFixed(1)},${y(top).toFixed(1)}`);
      lower.unshift(`${x(sample.atMs).toFixed(1)},${y(base).toFixed(1)}`);
    }
    return [...upper, ...lower].join(' ');
  }
  const areas = versions.map((version) => ({
    version,
    fine: lay((rates) => (rates?.perSecond ?? 0) - (rates?.errorsPerSecond ?? 0), version),
    errors: lay((rates) => rates?.errorsPerSecond ?? 0, version),
  }));
  return (
    <svg
      className="graph"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label="Requests per second over the last minute"
    >
      <line className="grid" x1="0" x2={width} y1={y(highest / 2)} y2={y(highest / 2)} />
      <g ref={group}>
        {areas.map(({ version, fine, errors }) => (
          <g key={version}>
            <polygon points={fine} fill={colours.of(version)} />
            <polygon className="errors" points={errors} />
          </g>
        ))}
      </g>
    </svg>
  );
}

function sumOf(versions: Readonly<Record<string, Rates>> | undefined, read: (rates: Rates) => number): number {
  let sum = 0;
  for (const rates of Object.values(versions ?? {})) sum += read(rates);
  return sum;
}

import { lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';

// Loopback is this very pod, link-local the cloud's metadata service: whoever may write a Rollout must not reach either through us.
const forbidden = new BlockList();
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addSubnet('127.0.0.0', 8, 'ipv4');
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('224.0.0.0', 3, 'ipv4');
forbidden.addAddress('::', 'ipv6');
forbidden.addAddress('::1', 'ipv6');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addSubnet('ff00::', 8, 'ipv6');
// AWS' metadata service over IPv6.
forbidden.addAddress('fd00:ec2::254', 'ipv6');

/** Whether nothing may be sent to an IP address. An IPv4 address inside an IPv6 one counts as what it is. */
export function isForbiddenAddress(address: string): boolean {
  return forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** `hooks.acme.dev`, `*.svc` or `10.1.2.3`; an empty list allows every host whose addresses are not forbidden. */
export function isListedHost(host: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => (pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern));
}

type LookupCallback = (
  error: Error | null,
  address: { readonly address: string; readonly family?: 4 | 6 } | string,
) => void;

/** Resolves a name at the moment of connecting, and refuses forbidden addresses then: a name may change between a check and a call. */
export function lookupAllowed(hostname: string, _: object, callback: LookupCallback): void {
  lookup(hostname, { all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '');
    const first = addresses[0];
    const bad = addresses.find(({ address }) => isForbiddenAddress(address));
    if (bad !== undefined) return callback(new Error(`${hostname} is at ${bad.address}, which is not called`), '');
    if (first === undefined) return callback(new Error(`${hostname} has no address`), '');
    callback(null, { address: first.address, family: first.family === 6 ? 6 : 4 });
  });
}

/**
 * The agent's identity on this host, and what that identity may open: the permission rules of
 * path_resolution(7) and unix(7), applied to modes and owners that were read. doctor often runs as
 * root, who may open every socket; the agent does not. Pure.
 */

import { unitOf } from '../model/paths.js';
import { type FileTree, type FoundFile, unreadableOf, valueOf } from './files.js';
import type { Host, Identity, PathStep } from './host.js';
import { systemdFiles, systemdPaths, valuesOf } from './ini.js';
import { type Seen, seen, unseen } from './seen.js';

const CAP_DAC_OVERRIDE = 1n;
export const CAP_NET_ADMIN = 12n;
/** The agent's unit, and the name of its unit file: a template where there are several agents. */
export const UNIT = unitOf(process.env);
export const UNIT_FILE = UNIT.replace(/@.*\./, '@.');
export const TEMPLATED = UNIT !== UNIT_FILE;
/** The target that the routing daemon is ordered after. */
export const START_TARGET = 'backup-router-start.target';

export function hasCapability(identity: Identity, capability: bigint): boolean {
  return ((identity.capabilities >> capability) & 1n) === 1n;
}

/** The unit file with its drop-ins, those of the template first. */
export function unitFiles(tree: FileTree): readonly FoundFile[] {
  const files = systemdFiles(tree, `system/${UNIT_FILE}`);
  return TEMPLATED ? [...files, ...systemdFiles(tree, `system/${UNIT}`)] : files;
}

/** The identity of the running agent, else that of its unit's user, else that of this process. */
export function agentIdentity(host: Host): Seen<Identity> {
  if (host.agent.identity !== undefined) return seen(host.agent.identity);
  const { status } = host.agent;
  if (status.kind === 'seen' && status.value !== undefined)
    return unseen(`the process of the running agent (pid ${status.value.agent.pid}) cannot be seen from here`);
  return unitIdentity(host) ?? seen(host.self);
}

/** Undefined: there is no unit. */
function unitIdentity(host: Host): Seen<Identity> | undefined {
  const closed = unreadableOf(host.files, systemdPaths(...[UNIT_FILE, UNIT].map((unit) => `system/${unit}`)));
  if (closed !== undefined) return unseen(closed);
  const files = unitFiles(host.files);
  if (files.length === 0) return undefined;
  const last = (key: string): string | undefined => valuesOf(files, 'Service', key).at(-1)?.value;
  const name = last('User') ?? 'root';
  const user = accounts(host, '/etc/passwd').find((fields) => fields[0] === name || fields[2] === name);
  if (user === undefined)
    return unseen(unreadableOf(host.files, ['/etc/passwd']) ?? `user ${name} of the unit is not in /etc/passwd`);
  const groups = accounts(host, '/etc/group');
  const named = [
    last('Group'),
    ...valuesOf(files, 'Service', 'SupplementaryGroups').flatMap(({ value }) => value.split(/\s+/)),
  ];
  const members = groups
    .filter((fields) => named.includes(fields[0]) || (fields[3] ?? '').split(',').includes(user[0]!))
    .map((fields) => Number(fields[2]));
  const root = Number(user[2]) === 0;
  const bounded = valuesOf(files, 'Service', 'CapabilityBoundingSet')
    .map(({ value }) => value)
    .join(' ');
  const ambient = valuesOf(files, 'Service', 'AmbientCapabilities')
    .map(({ value }) => value)
    .join(' ');
  const has = (words: string, capability: string): boolean => words.toUpperCase().split(/\s+/).includes(capability);
  const may = (capability: string): boolean =>
    root ? bounded === '' || has(bounded, capability) : has(ambient, capability);
  const capabilities =
    (may('CAP_NET_ADMIN') ? 1n << CAP_NET_ADMIN : 0n) | (may('CAP_DAC_OVERRIDE') ? 1n << CAP_DAC_OVERRIDE : 0n);
  return seen({
    who: `user ${user[0]} of the unit`,
    uid: Number(user[2]),
    groups: [Number(user[3]), ...members],
    capabilities,
  });
}

function accounts(host: Host, path: string): readonly (readonly string[])[] {
  return (valueOf(host.files, path) ?? '').split('\n').map((line) => line.split(':'));
}

/** The permission bits of one class that the last component must grant. */
const LAST_NEEDS = { search: 0o1, write: 0o2, 'write-search': 0o3 } as const;

/**
 * The first component of the path that denies access: a directory without search permission, or
 * the last component without what is needed.
 */
export function turnedAwayAt(
  identity: Identity,
  steps: readonly PathStep[],
  last: keyof typeof LAST_NEEDS = 'write',
): PathStep | undefined {
  if (hasCapability(identity, CAP_DAC_OVERRIDE)) return undefined;
  return steps.find((step, i) => {
    const needed = i < steps.length - 1 ? 0o1 : LAST_NEEDS[last];
    const shift = step.uid === identity.uid ? 6 : identity.groups.includes(step.gid) ? 3 : 0;
    return ((step.mode >> shift) & needed) !== needed;
  });
}

/** The component as text, with numbers: `/run/frr: mode 0750, uid 101, gid 103`. */
export function stepText(step: PathStep): string {
  return `${step.path}: mode ${(step.mode & 0o7777).toString(8).padStart(4, '0')}, uid ${step.uid}, gid ${step.gid}`;
}

/** The name of a group, or its number if it has none. */
export function groupName(host: Host, gid: number): string {
  return accounts(host, '/etc/group').find((fields) => fields[2] === String(gid))?.[0] ?? String(gid);
}

/** The name of a user, or its number if it has none. */
export function userName(host: Host, uid: number): string {
  return accounts(host, '/etc/passwd').find((fields) => fields[2] === String(uid))?.[0] ?? String(uid);
}

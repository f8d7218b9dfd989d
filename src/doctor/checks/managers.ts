/**
 * Network managers that delete foreign routes or rules, or that add a default route on the
 * management interface again. Judged from files.
 */

import { linkOf } from '../../core/management.js';
import { type BackupRouter, selectorText } from '../../model/config.js';
import type { FoundFile } from '../files.js';
import { exists, filesIn, textOf, unreadableOf, valueOf } from '../files.js';
import { type Check, found, look, type Outcome, together, unknown } from '../finding.js';
import type { Host } from '../host.js';
import { booleanOf, systemdFiles, systemdPaths, valuesOf } from '../ini.js';
import { managed } from '../management.js';
import { type Seen, seen } from '../seen.js';

const NETIF = '/run/systemd/netif/links';
const DROP_IN = '/etc/systemd/networkd.conf.d/backup-router.conf';

/**
 * The links that networkd manages, from ADMIN_STATE (sd-network). Evidence:
 * `/run/systemd/netif/links/2: ADMIN_STATE=configured`.
 */
function networkdLinks(host: Host): readonly { readonly index: number; readonly evidence: string }[] {
  return filesIn(host.files, NETIF, '').flatMap(({ path, text }) => {
    const state = /^ADMIN_STATE=(.*)$/m.exec(text)?.[1];
    return state === undefined || state === 'unmanaged' || state === 'linger'
      ? []
      : [{ index: Number(path.slice(NETIF.length + 1)), evidence: `${path}: ADMIN_STATE=${state}` }];
  });
}

/** Whether networkd deletes foreign routes or rules, which it does by default. */
function networkdDeletes(
  host: Host,
  key: 'ManageForeignRoutes' | 'ManageForeignRoutingPolicyRules',
  what: string,
): Outcome {
  const why = unreadableOf(host.files, [NETIF, ...systemdPaths('networkd.conf')]);
  if (why !== undefined) return unknown(why, 'sudo backup-router doctor');
  const links = networkdLinks(host);
  if (links.length === 0)
    return exists(host.files, NETIF) || exists(host.files, '/run/systemd/system') ? [] : 'not-applicable';
  const files = systemdFiles(host.files, 'networkd.conf');
  const setting = valuesOf(files, 'Network', key).at(-1);
  if (setting !== undefined && booleanOf(setting.value) === false) return [];
  const evidence = [
    ...links.slice(0, 4).map((link) => link.evidence),
    setting === undefined
      ? `${files.length === 0 ? 'networkd.conf' : files.map(({ path }) => path).join(', ')}: ${key}= not set, so yes`
      : `${setting.where}: ${key}=${setting.value}`,
  ];
  return found(
    'warning',
    `systemd-networkd runs here and deletes ${what} that are not its own each time it starts. The agent
      puts its own back within 100 ms; the setting below avoids this.`,
    evidence,
    [
      `mkdir -p ${DROP_IN.slice(0, DROP_IN.lastIndexOf('/'))}`,
      `cat > ${DROP_IN} <<END`,
      '[Network]',
      'ManageForeignRoutes=no',
      'ManageForeignRoutingPolicyRules=no',
      'END',
      '# takes effect when systemd-networkd starts the next time',
    ],
  );
}

export const networkdForeignRoutes: Check = {
  code: 'networkd-foreign-routes',
  title: 'systemd-networkd leaves foreign routes alone',
  facts: 'S2',
  run: (host) => networkdDeletes(host, 'ManageForeignRoutes', 'routes'),
};

export const networkdForeignRules: Check = {
  code: 'networkd-foreign-rules',
  title: 'systemd-networkd leaves foreign policy rules alone',
  facts: 'S2',
  run: (host) =>
    host.config.placement === 'local'
      ? networkdDeletes(host, 'ManageForeignRoutingPolicyRules', 'policy rules')
      : 'not-applicable',
};

/** Without a configuration the management interface is not known. */
function hasInterfaces({ config }: Host): boolean {
  return config.managementInterfaces.length > 0;
}

export const networkManager: Check = {
  code: 'networkmanager-managed',
  title: 'NetworkManager does not manage the management interface',
  run: (host) => {
    const directory = '/run/NetworkManager/devices';
    const why = unreadableOf(host.files, ['/run/NetworkManager', directory]);
    if (why !== undefined) return unknown(why, 'sudo backup-router doctor');
    if (!exists(host.files, '/run/NetworkManager') || !hasInterfaces(host)) return 'not-applicable';
    return look(host.kernel, (kernel) =>
      together(
        managed(host, kernel).map(({ link }) => {
          if (link === undefined) return undefined;
          const text = valueOf(host.files, `${directory}/${link.index}`);
          if (text === undefined || !/^managed=(true|1)$/m.test(text)) return [];
          const main = host.config.placement !== 'local';
          const message = main
            ? `NetworkManager manages ${link.name}: on each activation it removes routes of the main table on it
            that are not its own, and it puts a default route there.`
            : `NetworkManager manages ${link.name}, and puts a default route there unless told otherwise. It leaves
            the agent's own tables and rules alone.`;
          return found(
            main ? 'warning' : 'note',
            message,
            [`${directory}/${link.index}: managed=true`],
            [
              `nmcli connection modify ${link.name} ipv4.never-default yes ipv6.never-default yes`,
              '# or take it away from NetworkManager altogether:',
              'mkdir -p /etc/NetworkManager/conf.d',
              'cat > /etc/NetworkManager/conf.d/backup-router.conf <<END',
              '[keyfile]',
              `unmanaged-devices=interface-name:${link.name}`,
              'END',
              'nmcli general reload',
            ],
          );
        }),
      ),
    );
  },
};

export const ifupdownDefault: Check = {
  code: 'ifupdown-default',
  title: 'ifupdown puts no default route on the management interface',
  facts: 'F1',
  run: (host) => {
    const path = '/etc/network/interfaces';
    const why = unreadableOf(host.files, [path, `${path}.d`]);
    if (why !== undefined) return unknown(why, 'sudo backup-router doctor');
    const main = textOf(host.files, path);
    const files: FoundFile[] = [
      ...(main.kind === 'seen' && main.value !== undefined ? [{ path, text: main.value }] : []),
      ...filesIn(host.files, `${path}.d`, ''),
    ];
    if (files.length === 0 || !hasInterfaces(host)) return 'not-applicable';
    const named = namedInterfaces(host);
    if (named.kind === 'unseen') return unknown(named.why, 'sudo backup-router doctor');
    const routes = files.flatMap((file) => stanzaLines(named.value, file));
    const elsewhere = routes.length > 0 ? undefined : sourcedElsewhere(files);
    if (elsewhere !== undefined) return unknown(`${elsewhere}, which is not followed`);
    return found(
      'warning',
      `ifupdown puts a default route at metric 0 on the management interface at each ifup: it
        outranks every route of the daemon.`,
      routes,
      [
        `# remove the line \`gateway\`, and with DHCP take the route over, in ${host.configuration.file}:`,
        'backup-router:',
        '  address: auto',
        '  adopt: true',
      ],
    );
  },
};

/**
 * The first `source` or `source-directory` that names another directory than the usual one
 * (interfaces(5)).
 */
function sourcedElsewhere(files: readonly FoundFile[]): string | undefined {
  for (const { path, text } of files)
    for (const [i, raw] of text.split('\n').entries()) {
      const [, word, target] = /^\s*(source(?:-directory)?)\s+(\S+)/.exec(raw) ?? [];
      if (target !== undefined && !/^(?:\/etc\/network\/)?interfaces\.d\/?(?:\*)?$/.test(target))
        return `${path}:${i + 1}: ${word} ${target}`;
    }
  return undefined;
}

/**
 * The management interfaces by their names in the kernel, or as configured if they do not exist.
 */
function namedInterfaces(
  host: Host,
): Seen<readonly { readonly name: string; readonly backupRouters: readonly BackupRouter[] }[]> {
  const { kernel } = host;
  // Only the kernel maps a MAC address to an interface name.
  if (kernel.kind === 'unseen' && host.config.managementInterfaces.some(({ selector }) => selector.kind !== 'name'))
    return kernel;
  return seen(
    host.config.managementInterfaces.map(({ selector, backupRouters }) => ({
      name:
        (kernel.kind === 'seen' ? linkOf(selector, kernel.value.snapshot)?.name : undefined) ?? selectorText(selector),
      backupRouters,
    })),
  );
}

/**
 * The `gateway ADDRESS` and `inet dhcp` lines in stanzas of management interfaces without `adopt`
 * (interfaces(5)).
 */
function stanzaLines(
  named: readonly { readonly name: string; readonly backupRouters: readonly BackupRouter[] }[],
  { path, text }: FoundFile,
): readonly string[] {
  let current = false;
  return text.split('\n').flatMap((raw, i) => {
    const line = raw.trim();
    const iface = /^iface\s+(\S+)\s+(inet6?)\s+(\S+)/.exec(line);
    if (iface !== null) {
      const router = named
        .find(({ name }) => name === iface[1])
        ?.backupRouters.find(({ family }) => family === iface[2]);
      current = router !== undefined && router.auto?.adopt !== true;
      return current && iface[3] === 'dhcp' ? [`${path}:${i + 1}: ${line}`] : [];
    }
    if (/^(auto|allow-\S+|mapping|source|source-directory|no-auto-down|no-scripts)\b/.test(line)) current = false;
    const metric = /^metric\s+(\d+)/.test(line);
    return current && !metric && /^gateway\s/.test(line) ? [`${path}:${i + 1}: ${line}`] : [];
  });
}

export const netplanDefault: Check = {
  code: 'netplan-default',
  title: 'netplan puts no default route on the management interface',
  facts: 'F1',
  run: (host) => {
    const directories = ['/etc/netplan', '/run/netplan', '/lib/netplan'];
    const files = directories.flatMap((directory) => filesIn(host.files, directory, '.yaml'));
    if (!hasInterfaces(host)) return 'not-applicable';
    if (files.length === 0) {
      const why = unreadableOf(host.files, directories);
      return why === undefined ? 'not-applicable' : unknown(why, 'sudo backup-router doctor');
    }
    const named = namedInterfaces(host);
    if (named.kind === 'unseen') return unknown(named.why, 'sudo backup-router doctor');
    const names = named.value.flatMap(({ name, backupRouters }) =>
      backupRouters.some(({ auto }) => auto?.adopt === true) ? [] : [name],
    );
    const routes = files.flatMap((file) => netplanLines(names, file));
    if (routes.length === 0) {
      const why = unreadableOf(host.files, directories) ?? matchedOtherwise(files);
      return why === undefined || names.length === 0 ? [] : unknown(why, 'sudo backup-router doctor');
    }
    return found(
      'warning',
      `netplan puts a default route on the management interface: it outranks every route of the
        daemon.`,
      routes,
      [
        '# in that file, for DHCP:',
        'dhcp4-overrides: {use-routes: false}',
        `# and without gateway4:, or take the route over, in ${host.configuration.file}:`,
        'backup-router:',
        '  address: auto',
        '  adopt: true',
      ],
    );
  },
};

/** The first line that selects an interface by `match:` instead of by its name. */
function matchedOtherwise(files: readonly FoundFile[]): string | undefined {
  for (const { path, text } of files)
    for (const [i, raw] of text.split('\n').entries())
      if (/^\s*match:/.test(raw)) return `${path}:${i + 1}: interfaces are selected by match:, which is not followed`;
  return undefined;
}

/** The lines below `NAME:` that are indented further, as in netplan's own examples. */
function netplanLines(names: readonly string[], { path, text }: FoundFile): readonly string[] {
  const found: string[] = [];
  let depth = -1;
  let block: string[] = [];
  const close = (): void => {
    const without = block.some((line) => /use-routes:/.test(line));
    found.push(...block.filter((line) => !/use-routes:/.test(line) && !(without && /dhcp[46]:/.test(line))));
    block = [];
  };
  text.split('\n').forEach((raw, i) => {
    const line = raw.replace(/\s#.*$/, '').trimEnd();
    if (line.trim() === '' || line.trim().startsWith('#')) return;
    const indent = line.length - line.trimStart().length;
    if (depth >= 0 && indent <= depth) {
      close();
      depth = -1;
    }
    if (depth < 0) {
      if (names.some((name) => line.trim() === `${name}:` || line.trim() === `"${name}":`)) depth = indent;
      return;
    }
    if (
      /^\s*(- )?(gateway[46]:|to:\s*["']?(default|0\.0\.0\.0\/0|::\/0)\b|dhcp[46]:\s*(true|yes)\b)|use-routes:\s*(false|no)\b/.test(
        line,
      )
    )
      block.push(`${path}:${i + 1}: ${line.trim()}`);
  });
  close();
  return found;
}

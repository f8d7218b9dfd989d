/**
 * Reverse path filters (ip-sysctl.rst). The larger of the values of `all` and of the interface is
 * in force. 1 (strict) drops a packet if the route back to its source leaves by another interface.
 * 2 (loose) drops it only if there is no route to its source.
 */

import { valueOf } from '../files.js';
import { type Check, type Finding, found, look, together, unknown } from '../finding.js';
import { managed } from '../management.js';

const STRICT = '1';

export const rpFilterStrict: Check = {
  code: 'rp-filter-strict',
  title: 'no strict reverse path filter drops management traffic',
  facts: 'K11',
  run: (host) =>
    look(host.kernel, (kernel) =>
      together(
        managed(host, kernel).map(({ management, link }): readonly Finding[] | undefined => {
          if (!management.backupRouters.some(({ family }) => family === 'inet')) return [];
          if (link === undefined) return undefined;
          const paths = ['all', link.name].map((name) => `/proc/sys/net/ipv4/conf/${name}/rp_filter`);
          const values = paths.map((path) => valueOf(host.files, path));
          if (values.includes(undefined)) return unknown(`${paths[values.indexOf(undefined)]} cannot be read`);
          if (Math.max(...values.map(Number)) !== Number(STRICT)) return [];
          // The filter looks up the route of the answer, and these rules (iif lo) decide that
          // lookup.
          const router = management.backupRouters.find(({ family }) => family === 'inet');
          const everywhere = router?.destinations.some(({ length }) => length === 0) === true;
          if (router?.symmetricReplies === true && everywhere) return [];
          const effect =
            host.config.placement === 'local'
              ? `While the backup routes are in, the filter uses them, too (iif lo). While the routing daemon carries
              the destinations by another interface, the filter drops packets that arrive here from beyond the subnet.`
              : `The backup routes do not help: in the main table the routing daemon's routes come first, and while those lead
              elsewhere, packets that arrive here from beyond the subnet are dropped.`;
          return found(
            'warning',
            `The reverse path filter of ${link.name} is strict. ${effect} Loose (2) is enough.`,
            paths.map((path, i) => `${path} = ${values[i]}`),
            [
              `sysctl -w net.ipv4.conf.${link.name}.rp_filter=2`,
              `echo net.ipv4.conf.${link.name}.rp_filter=2 > /etc/sysctl.d/90-backup-router.conf`,
            ],
          );
        }),
      ),
    ),
};

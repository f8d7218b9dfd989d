/**
 * Reverse path filters (ip-sysctl.rst): the larger of `all` and the interface's own value is in
 * force. 1 (strict) drops a packet whose source would be answered by another interface; 2 (loose)
 * only one whose source has no route at all.
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
          // The check looks for the way of the answer, which these rules decide (iif lo).
          const router = management.backupRouters.find(({ family }) => family === 'inet');
          const everywhere = router?.destinations.some(({ length }) => length === 0) === true;
          if (router?.symmetricReplies === true && everywhere) return [];
          const effect =
            host.config.placement === 'local'
              ? `While the backup routes are in they serve this check too (iif lo); while the routing daemon carries the
              destinations by another interface, it drops what arrives here from beyond the subnet.`
              : `The backup routes do not help: in the main table the routing daemon's routes come first, and what arrives
              here from beyond the subnet is dropped while those lead elsewhere.`;
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

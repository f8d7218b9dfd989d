/** Decodes a kernel notification into a text and the few fields that a hint carries. */

import type { KernelHint } from '../core/ports.js';
import type { Link, NeighbourId } from '../model/link.js';
import { type NameOf, routeText, ruleText } from '../model/route-text.js';
import { decodeAddress } from './messages/address.js';
import { decodeLink } from './messages/link.js';
import { decodeNeighbour } from './messages/neighbour.js';
import { decodeRoute } from './messages/route.js';
import { decodeRule } from './messages/rule.js';
import { readU32, walkAttributes } from './netlink/codec.js';
import * as uapi from './netlink/uapi.js';

export interface Described {
  readonly kind: KernelHint['kind'];
  readonly text: string;
  /** RTM_DELROUTE or RTM_DELRULE. */
  readonly deleted: boolean;
  /** rtm_protocol or FRA_PROTOCOL; undefined where there is none. */
  readonly protocol: number | undefined;
  readonly link: Link | undefined;
  /** The route or rule of the message. */
  readonly subject?: NonNullable<KernelHint['lost']>;
  readonly neighbour?: NeighbourId;
}

/** undefined for a message that is no change: route cache entries, other families, garbage. */
export function describe(
  type: number,
  bytes: Buffer,
  start: number,
  end: number,
  nameOf: NameOf,
): Described | undefined {
  const interfaceName = (index: number): string => nameOf(index) ?? `if${index}`;
  switch (type) {
    case uapi.RTM_NEWLINK:
    case uapi.RTM_DELLINK: {
      const link = decodeLink(bytes, start, end);
      if (link === undefined)
        return plain('link', type === uapi.RTM_NEWLINK ? 'bridge port changed' : 'bridge port deleted');
      const state = `${link.up ? 'up' : 'down'}, ${link.carrier ? 'carrier' : 'no carrier'}`;
      const text = type === uapi.RTM_NEWLINK ? `link ${link.name} ${state}` : `deleted link ${link.name}`;
      return { ...plain('link', text), link };
    }
    case uapi.RTM_NEWADDR:
    case uapi.RTM_DELADDR: {
      const address = decodeAddress(bytes, start, end);
      if (address === undefined) return undefined;
      const verb = type === uapi.RTM_NEWADDR ? 'address' : 'deleted address';
      return plain(
        'address',
        `${verb} ${address.address}/${address.length} dev ${interfaceName(address.interfaceIndex)}`,
      );
    }
    case uapi.RTM_NEWROUTE:
    case uapi.RTM_DELROUTE: {
      const route = decodeRoute(bytes, start, end);
      if (route === undefined) return undefined;
      const deleted = type === uapi.RTM_DELROUTE;
      return {
        ...plain('route', `${deleted ? 'deleted route' : 'route'} ${routeText(route, nameOf)}`),
        deleted,
        protocol: route.protocol,
        subject: { kind: 'route', route },
      };
    }
    case uapi.RTM_NEWRULE:
    case uapi.RTM_DELRULE: {
      const rule = decodeRule(bytes, start, end);
      if (rule === undefined) return undefined;
      const deleted = type === uapi.RTM_DELRULE;
      return {
        ...plain('rule', `${deleted ? 'deleted rule' : 'rule'} ${ruleText(rule)}`),
        deleted,
        protocol: rule.protocol,
        subject: { kind: 'rule', rule },
      };
    }
    case uapi.RTM_NEWNEIGH:
    case uapi.RTM_DELNEIGH: {
      const neighbour = decodeNeighbour(bytes, start, end);
      if (neighbour === undefined) return undefined;
      const { address, interfaceIndex } = neighbour;
      return {
        ...plain('neighbour', `neighbour ${address} dev ${interfaceName(interfaceIndex)} failed`),
        neighbour: { interfaceIndex, address },
      };
    }
    case uapi.RTM_NEWNEXTHOP:
    case uapi.RTM_DELNEXTHOP:
      return plain(
        'route',
        `${type === uapi.RTM_NEWNEXTHOP ? 'nexthop' : 'deleted nexthop'} id ${nexthopId(bytes, start, end)}`,
      );
    default:
      return undefined;
  }
}

function plain(kind: KernelHint['kind'], text: string): Described {
  return { kind, text, deleted: false, protocol: undefined, link: undefined };
}

function nexthopId(bytes: Buffer, start: number, end: number): number {
  let id = 0;
  walkAttributes(bytes, start + uapi.NLMSG_HDRLEN + uapi.NHMSG_LEN, end, (type, from, to) => {
    if (type === uapi.NHA_ID) id = readU32(bytes, from, to);
  });
  return id;
}

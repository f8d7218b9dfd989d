/**
 * Turns the kernel's notifications into hints: something changed, look again. No decision is based
 * on a hint, except on one that says which of our routes or rules was deleted (core/repair.ts).
 * Its text is for people.
 *
 * Invariants: notifications caused by our own requests (nlmsg_pid is their port) are not reported.
 * Lost messages are reported as one `overflow`. The sender's name is read from /proc only when the
 * text is read, which is after the repair was sent. Without koffi an event socket could abort the
 * process (fact N2): no group is joined then, and a hint to look again is given each second.
 */

import type { KernelHint } from '../core/ports.js';
import { type Described, describe } from './describe.js';
import { type EventInterest, eventFilter, eventPasses } from './events-filter.js';
import type { Failures } from './neighbours.js';
import { messagePort, walkMessages } from './netlink/codec.js';
import { type NetlinkSocket, openSocket } from './netlink/socket.js';
import * as uapi from './netlink/uapi.js';
import { senderText } from './sender.js';

/** In bytes: room for some ten thousand notifications that passed the filter. */
const RECEIVE_BUFFER = 8 << 20;
const POLL_MS = 1000;

const GROUPS: readonly number[] = [
  uapi.RTNLGRP_LINK,
  uapi.RTNLGRP_IPV4_IFADDR,
  uapi.RTNLGRP_IPV6_IFADDR,
  uapi.RTNLGRP_IPV4_ROUTE,
  uapi.RTNLGRP_IPV6_ROUTE,
  uapi.RTNLGRP_IPV4_RULE,
  uapi.RTNLGRP_IPV6_RULE,
  uapi.RTNLGRP_NEXTHOP,
  uapi.RTNLGRP_NEIGH,
];

interface EventOptions {
  /** Filled here; read and cleared by observations. */
  readonly failures?: Failures;
  readonly interest: EventInterest;
  readonly listener: (hint: KernelHint) => void;
  readonly receiveBuffer?: number;
}

export class Events {
  readonly #options: EventOptions;
  readonly #socket: NetlinkSocket;
  readonly #names = new Map<number, string>();
  #poll: NodeJS.Timeout | undefined;
  #dropsSeen = 0;
  #checkDue = false;
  #closed = false;

  constructor(options: EventOptions) {
    this.#options = options;
    this.#socket = openSocket({
      receiveBuffer: options.receiveBuffer ?? RECEIVE_BUFFER,
      datagramBytes: 0,
      onDatagram: (bytes) => this.#receive(bytes),
      onError: (error) => this.#hint('overflow', error.message),
    });
    this.#socket.harden();
    if (!this.#socket.overflowSafe) {
      this.#poll = setInterval(() => this.#hint('overflow', 'no kernel events on this host, reading again'), POLL_MS);
      return;
    }
    this.#socket.attachFilter(eventFilter(options.interest));
    for (const group of GROUPS) this.#joinIfKnown(group);
  }

  /** true: notifications arrive. false: hints are given by a timer. */
  get live(): boolean {
    return this.#poll === undefined;
  }

  /**
   * Reports lost messages even when no later message arrives. Costs one system call of a
   * microsecond.
   */
  checkDrops(): void {
    if (this.#closed) return;
    const drops = this.#socket.drops();
    const lost = drops - this.#dropsSeen;
    if (lost === 0) return;
    this.#dropsSeen = drops;
    this.#hint('overflow', `${lost >>> 0} kernel events lost`);
  }

  /** Sets the interface names that later hints use. */
  learnNames(links: readonly { readonly index: number; readonly name: string }[]): void {
    this.#names.clear();
    for (const link of links) this.#names.set(link.index, link.name);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    this.#socket.close();
  }

  /** The kernel refuses the groups of subsystems that it was built without. */
  #joinIfKnown(group: number): void {
    try {
      this.#socket.join(group);
    } catch (error) {
      if (group === uapi.RTNLGRP_LINK) throw error;
    }
  }

  #receive(bytes: Buffer): void {
    walkMessages(bytes, (type, message, start, end) => {
      if (!eventPasses(this.#options.interest, type, message, start)) return;
      const described = describe(type, message, start, end, (index) => this.#names.get(index));
      if (type === uapi.RTM_NEWNEIGH && described?.neighbour !== undefined)
        this.#options.failures?.note(described.neighbour);
      if (described !== undefined) this.#report(described, messagePort(message, start));
    });
    if (this.#checkDue) return;
    this.#checkDue = true;
    setImmediate(() => {
      this.#checkDue = false;
      this.checkDrops();
    });
  }

  #report(described: Described, sender: number): void {
    if (described.link !== undefined) this.#names.set(described.link.index, described.link.name);
    const { kind, deleted, subject, neighbour } = described;
    const ownDeleted = deleted && described.protocol === this.#options.interest.protocol;
    let text: string | undefined;
    this.#deliver({
      kind,
      get text() {
        return (text ??= `${described.text}${senderText(sender)}`);
      },
      ownDeleted,
      sender,
      ...(neighbour === undefined ? {} : { neighbour }),
      ...(subject?.kind === 'route' ? { route: subject.route } : {}),
      ...(ownDeleted && subject !== undefined ? { lost: subject } : {}),
    });
  }

  #hint(kind: 'overflow', text: string): void {
    this.#deliver({ kind, text, ownDeleted: false, sender: 0 });
  }

  /**
   * When the socket calls this, the socket's guard catches what it throws; in a timer it is an
   * uncaught exception.
   */
  #deliver(hint: KernelHint): void {
    if (this.#closed) return;
    try {
      this.#options.listener(hint);
    } catch (error) {
      // Thrown later, so that the other messages of this datagram are still reported.
      setImmediate(() => {
        throw error;
      });
    }
  }
}

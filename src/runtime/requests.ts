/**
 * Answers an operator's requests to the running agent. Orders are recorded before they are
 * acknowledged.
 */

import { formatDuration } from '../config/duration.js';
import type { Following, Gradual, Request, Response } from '../control/protocol.js';
import type { Reply } from '../control/session.js';
import { usableLink } from '../core/management.js';
import type { State } from '../core/state.js';
import type { Event } from '../model/event.js';
import type { Driver } from './driver.js';
import type { Emit } from './emit.js';
import type { StatusFollowers, StatusSight } from './followers.js';
import type { History } from './history.js';
import { type OrdersRecord, overrideOf, pinOf, readOrders, writeOrders } from './orders-record.js';

/** Events in one piece of an answer. */
const EVENTS_AT_ONCE = 100;

interface Desk {
  readonly driver: Driver;
  readonly status: () => StatusSight;
  readonly metrics: () => string;
  readonly reload: (confirmMs?: number) => Promise<Response>;
  readonly confirm: () => Response | Promise<Response>;
  readonly running: () => Response;
  readonly followers: StatusFollowers;
  /** The history with numbers: read from disk if it was not yet. */
  readonly history: () => History;
  readonly emit: Emit;
  /** The file in which orders are kept. */
  readonly ordersFile: string;
}

export function answerer(desk: Desk): (request: Request) => Reply | Promise<Reply> {
  return (request) => {
    switch (request.command) {
      case 'status':
        if (request.follow === true) return { follow: (send) => desk.followers.follow(desk.status, send) };
        return desk.status().answer;
      case 'metrics':
        return { ok: true, metrics: desk.metrics() };
      case 'events':
        return events(desk.history(), request);
      case 'reload':
        return desk.reload(request.confirmMs).then((answer) => withMissing(answer, desk.driver.state().world));
      case 'confirm':
        return desk.confirm();
      case 'configuration':
        return desk.running();
      case 'hold': {
        const { durationMs } = request;
        const orders: OrdersRecord = {
          ...readOrders(desk.ordersFile),
          pin: durationMs === 'off' ? undefined : { setAt: Date.now(), durationMs },
        };
        desk.driver.dispatch({ kind: 'pin', pin: pinOf(orders, performance.now(), Date.now()) });
        return kept(
          desk,
          orders,
          durationMs === 'off'
            ? 'hold is off'
            : `routes stay in ${durationMs === 'never' ? 'until hold off' : `for ${formatDuration(durationMs)}`}`,
        );
      }
      case 'role': {
        const orders: OrdersRecord = {
          ...readOrders(desk.ordersFile),
          role: request.role === 'auto' ? undefined : request.role,
        };
        desk.driver.dispatch({ kind: 'override', role: overrideOf(orders) });
        return kept(desk, orders, request.role === 'auto' ? 'role is as configured' : `role is ${request.role}`);
      }
      default:
        return request satisfies never;
    }
  };
}

/**
 * The answer to `events`. If `after` is a number that this history has not reached, all events are
 * new.
 */
function events(history: History, { after = 0, follow }: Request & { command: 'events' }): Gradual | Following {
  const past = history.events();
  const from = after > (past.at(-1)?.seq ?? 0) ? 0 : after;
  const first = gradually(past.filter((event) => event.seq > from));
  if (follow !== true) return first;
  return {
    follow(send) {
      send(first);
      return history.subscribe((event: Event) => send({ ok: true, events: [event] }));
    },
  };
}

/** Sends the events in pieces: a thousand are a third of a megabyte. */
function gradually(list: readonly Event[]): Gradual {
  return {
    *pieces() {
      yield '{"ok":true,"events":[';
      for (let from = 0; from < list.length; from += EVENTS_AT_ONCE)
        yield `${from === 0 ? '' : ','}${list
          .slice(from, from + EVENTS_AT_ONCE)
          .map((event) => JSON.stringify(event))
          .join()}`;
      return ']}\n';
    },
  };
}

/** A configuration may name an interface that is not there, or down: it may come. */
function withMissing(answer: Response, { config, snapshot }: State['world']): Response {
  if (!answer.ok || !('message' in answer) || snapshot === undefined) return answer;
  const missing = config.managementInterfaces.flatMap(({ selector }) => {
    const link = usableLink(config, selector, snapshot);
    return 'reason' in link ? [`; waiting for ${link.subject}: ${link.reason}`] : [];
  });
  return missing.length === 0 ? answer : { ...answer, message: `${answer.message}${missing.join('')}` };
}

function kept(desk: Desk, orders: OrdersRecord, message: string): Response {
  const fault = writeOrders(desk.ordersFile, orders);
  desk.emit({ kind: 'order', what: message });
  return {
    ok: true,
    message: fault === undefined ? message : `${message}; it will not survive a restart of the agent (${fault})`,
  };
}

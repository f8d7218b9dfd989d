/** What an operator may ask of the running agent, and what is done about it. Orders are written down before they are confirmed. */

import type { Request, Response } from '../control/protocol.js';
import { formatDuration } from '../config/duration.js';
import type { Status } from '../model/status.js';
import type { Driver } from './driver.js';
import type { Log } from './log.js';
import { overrideOf, pinOf, readOrders, writeOrders, type Orders } from './operator.js';

export interface Desk {
  readonly driver: () => Driver;
  readonly status: () => Status;
  readonly reload: () => Response;
  readonly log: Log;
  /** Where orders are kept. */
  readonly ordersFile: string;
}

export function answerer(desk: Desk): (request: Request) => Promise<Response> {
  return async (request) => {
    switch (request.command) {
      case 'status':
        return { ok: true, status: desk.status() };
      case 'reload':
        return desk.reload();
      case 'hold': {
        const { durationMs } = request;
        const orders: Orders = { ...readOrders(desk.ordersFile), pin: durationMs === 'off' ? undefined : { setAt: Date.now(), durationMs } };
        desk.driver().dispatch({ kind: 'pin', pin: pinOf(orders, performance.now(), Date.now()) });
        return kept(desk, orders, durationMs === 'off' ? 'hold is off' : `routes stay in ${durationMs === 'never' ? 'until hold off' : `for ${formatDuration(durationMs)}`}`);
      }
      case 'role': {
        const orders: Orders = { ...readOrders(desk.ordersFile), role: request.role === 'auto' ? undefined : request.role };
        desk.driver().dispatch({ kind: 'override', role: overrideOf(orders) });
        return kept(desk, orders, request.role === 'auto' ? 'role is as configured' : `role is ${request.role}`);
      }
      default:
        return request satisfies never;
    }
  };
}

function kept(desk: Desk, orders: Orders, message: string): Response {
  const fault = writeOrders(desk.ordersFile, orders);
  desk.log('notice', 'order', { what: message });
  return { ok: true, message: fault === undefined ? message : `${message}; it will not survive a restart of the agent (${fault})` };
}

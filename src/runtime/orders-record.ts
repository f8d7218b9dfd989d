/**
 * An operator's orders that survive a restart of the agent: a pin of the routes and a role. Kept
 * in the state directory as JSON. Times are wall clock, because the monotonic clock restarts with
 * the host.
 */

import { MAX_HOLD_MS } from '../control/protocol.js';
import type { Pin, RoleState } from '../core/state.js';
import type { Role } from '../model/config.js';
import { writeAtomically } from './atomic.js';
import { readRecord, recordText } from './record-file.js';

export interface OrdersRecord {
  readonly pin: { readonly setAt: number; readonly durationMs: number | 'never' } | undefined;
  readonly role: Role | undefined;
}

export const NO_ORDERS: OrdersRecord = { pin: undefined, role: undefined };

/** The orders in the file; none when it does not exist or is damaged. */
export function readOrders(path: string): OrdersRecord {
  try {
    const value = (readRecord(path) ?? {}) as {
      readonly version?: unknown;
      readonly pin?: { readonly setAt?: unknown; readonly durationMs?: unknown };
      readonly role?: unknown;
    };
    const { version = 1, pin, role } = value;
    if (version !== 1) return NO_ORDERS;
    return {
      pin:
        isTime(pin?.setAt) && (pin.durationMs === 'never' || isDuration(pin.durationMs))
          ? { setAt: pin.setAt, durationMs: pin.durationMs }
          : undefined,
      role: role === 'primary' || role === 'standby' ? role : undefined,
    };
  } catch {
    return NO_ORDERS;
  }
}

/**
 * Whether it is a time that Date can represent, with a year to spare for the end of the pin
 * (ECMA-262, 21.4.1.1).
 */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15 - MAX_HOLD_MS;
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= MAX_HOLD_MS;
}

/** Keeps the orders. Returns the error, or undefined. */
export function writeOrders(path: string, orders: OrdersRecord): string | undefined {
  return writeAtomically(path, recordText({ version: 1, ...orders }));
}

/** The pin for the core. A clock that was set back never makes it longer than ordered. */
export function pinOf(orders: OrdersRecord, now: number, wallNow: number): Pin | undefined {
  if (orders.pin === undefined) return undefined;
  const { setAt, durationMs } = orders.pin;
  if (durationMs === 'never')
    return { until: 'never', reason: `held by an operator since ${new Date(setAt).toISOString()}` };
  const leftMs = Math.min(durationMs, setAt + durationMs - wallNow);
  return leftMs <= 0
    ? undefined
    : {
        until: now + leftMs,
        reason: `held by an operator until ${new Date(setAt + durationMs).toISOString()}`,
      };
}

export function overrideOf(orders: OrdersRecord): RoleState | undefined {
  return orders.role === undefined ? undefined : { role: orders.role, reason: 'set by an operator' };
}

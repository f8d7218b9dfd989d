/**
 * NLMSG_ERROR and NLMSG_DONE: how the kernel answers (linux/netlink.h, struct nlmsgerr; the
 * kernel's Documentation/userspace-api/netlink/intro.rst). With NETLINK_EXT_ACK the kernel's
 * message text follows the errno in an attribute.
 */

import type { StepResult } from '../../core/ports.js';
import { errnoName, errnoText } from '../../native/errno.js';
import { align, messageFlags, readText, walkAttributes } from './codec.js';
import { NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_HDRLEN, NLMSGERR_ATTR_MSG } from './uapi.js';

/** The result in an NLMSG_ERROR message: an acknowledgement when its errno is 0. */
export function decodeError(bytes: Buffer, start: number, end: number): StepResult {
  const payload = start + NLMSG_HDRLEN;
  if (payload + 4 + NLMSG_HDRLEN > end)
    return { ok: false, code: 'EBADMSG', message: 'the kernel sent an incomplete answer' };
  const errno = -bytes.readInt32LE(payload);
  if (errno === 0) return { ok: true };
  const flags = messageFlags(bytes, start);
  // Without NETLINK_CAP_ACK the whole request is repeated before the attributes.
  const repeated = (flags & NLM_F_CAPPED) !== 0 ? NLMSG_HDRLEN : align(bytes.readUInt32LE(payload + 4));
  return failure(errno, (flags & NLM_F_ACK_TLVS) !== 0 ? words(bytes, payload + 4 + repeated, end) : '');
}

/** The result in the NLMSG_DONE message that ends a dump. */
export function decodeDone(bytes: Buffer, start: number, end: number): StepResult {
  const payload = start + NLMSG_HDRLEN;
  const errno = payload + 4 <= end ? -bytes.readInt32LE(payload) : 0;
  if (errno <= 0) return { ok: true };
  return failure(errno, (messageFlags(bytes, start) & NLM_F_ACK_TLVS) !== 0 ? words(bytes, payload + 4, end) : '');
}

function failure(errno: number, text: string): StepResult {
  return { ok: false, code: errnoName(errno), message: text === '' ? errnoText(errno) : text };
}

function words(bytes: Buffer, start: number, end: number): string {
  let text = '';
  walkAttributes(bytes, start, end, (type, from, to) => {
    if (type === NLMSGERR_ATTR_MSG) text = readText(bytes, from, to);
  });
  return text;
}

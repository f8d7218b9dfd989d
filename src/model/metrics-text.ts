/**
 * RTA_METRICS (linux/rtnetlink.h, RTAX_*) as text, with the names of ip-route(8). The input has
 * the kernel's own bytes, in hexadecimal and in the kernel's order, so equal metrics have equal
 * text.
 */

const NAMES: Readonly<Partial<Record<number, string>>> = {
  2: 'mtu',
  3: 'window',
  4: 'rtt',
  5: 'rttvar',
  6: 'ssthresh',
  7: 'cwnd',
  8: 'advmss',
  9: 'reordering',
  10: 'hoplimit',
  11: 'initcwnd',
  12: 'features',
  13: 'rto_min',
  14: 'initrwnd',
  15: 'quickack',
  16: 'congctl',
  17: 'fastopen_no_cookie',
};
const LOCK = 1;
const [RTT, RTTVAR, FEATURES, RTO_MIN, CONGESTION_CONTROL] = [4, 5, 12, 13, 16];
/** Units per millisecond of times (iproute2, print_rta_metrics). */
const PARTS: Readonly<Partial<Record<number, number>>> = { [RTT!]: 8, [RTTVAR!]: 4, [RTO_MIN!]: 1 };
const FEATURE_ECN = 1;

/**
 * `mtu 1400`, `mtu lock 1400`, ...: one text for each metric. A metric that is not known here is
 * left out.
 */
export function metricsWords(metrics: string | undefined): readonly string[] {
  if (metrics === undefined) return [];
  const bytes = Uint8Array.from(metrics.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const view = new DataView(bytes.buffer);
  const values = new Map<number, DataView>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > bytes.length) break;
    values.set(view.getUint16(at + 2, true), new DataView(bytes.buffer, at + 4, length - 4));
    at += (length + 3) & ~3;
  }
  const locked = values.get(LOCK);
  const lock = locked === undefined || locked.byteLength < 4 ? 0 : locked.getUint32(0, true);
  return [...values].flatMap(([type, value]) => {
    const name = NAMES[type];
    if (name === undefined || value.byteLength < 4) return [];
    return [`${name}${(lock & (1 << type)) === 0 ? '' : ' lock'} ${valueText(type, value)}`];
  });
}

function valueText(type: number, value: DataView): string {
  if (type === CONGESTION_CONTROL)
    return String.fromCharCode(...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)).replace(
      /\0.*$/,
      '',
    );
  const number = value.getUint32(0, true);
  if (type === FEATURES && number === FEATURE_ECN) return 'ecn';
  const parts = PARTS[type];
  return parts === undefined ? String(number) : `${Math.floor(number / parts)}ms`;
}

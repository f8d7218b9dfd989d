/**
 * What each script of this directory must print, and must not print. A variant is a script with
 * its own settings.
 */

export interface FieldCase {
  readonly script: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly expect: readonly RegExp[];
  readonly never?: readonly RegExp[];
  /**
   * The routes are out because of a destination that this daemon never covered. The NOC is cut
   * off, and that is reported.
   */
  readonly told?: true;
}

/** Wrong in every case. */
export const NEVER = /CUT OFF|DOES NOT ANSWER|SESSION DOWN|no usable answer/;

const ANSWERS = [/^127\.0\.0\.1 answers$/m, /^10\.99\.0\.2 answers$/m, /^::1 answers$/m, /^2001:db8:99::2 answers$/m];
const REACHED = /NOC reaches the router/;

export const FIELD_CASES: readonly FieldCase[] = [
  { script: '01-local-rule', expect: ANSWERS },
  { script: '01-local-rule', environment: { PREF: '1001' }, expect: ANSWERS },
  {
    script: '02-source-rule',
    expect: [/^out: NOC r/m, /^hold 30m: NOC r/m, /^standby: NOC r/m, /^zebra killed: NOC r/m],
    never: [/rule-overtaken/],
  },
  { script: '04-marked', expect: [/^peer of the VPN: .* dev ts0 /m] },
  {
    script: '04-marked',
    environment: { EXTRA: 'placement: main' },
    expect: [/^marked packet: 203\.0\.113\.9 via 10\.99\.0\.1 dev mgmt0/m, /^peer of the VPN: .* dev ts0 /m],
    never: [/rule-before-ours/],
  },
  { script: '05-late-onlink', expect: [/^backup route [01] s after/m], never: [/gateway-off-link/] },
  { script: '06-adopt-onlink', expect: [/^without the agent: NOC r/m, /^FRR stopped: NOC r/m] },
  { script: '07-partial-cover', expect: [/^backup routes +IN/m, REACHED] },
  { script: '08-broken-rival', expect: [/^backup routes +IN/m, REACHED] },
  { script: '08-broken-rival', args: ['frr'], expect: [/^backup routes +IN/m, REACHED] },
  {
    script: '10-mac-of-a-port',
    expect: [/^interface +.*br0/m, REACHED],
    never: [/interface-enslaved[\s\S]*interface-ambiguous/],
  },
  { script: '11-busy-zebra', expect: [/(?:session up\n){4}/] },
  { script: '12-source-address', expect: [/^taken over: .* src 10\.99\.0\.2/m] },
  { script: '13-auto-inet6', expect: [/^default +fe80::/m], never: [/no inet6 default route/] },
  { script: '14-doctor-bird', expect: [/Daemon is up and running/], never: [/socket-silent/, /it hangs/] },
  {
    script: '16-empty-daemon',
    told: true,
    expect: [/^backup routes +OUT.*uncovered/im, /^status: 1$/m, /uncovered/],
    never: [/outage ends/],
  },
  { script: '18-ra-lifetime', expect: [/^backup route [0-2] s later/m] },
  { script: '20-adopt-uncovered', expect: [/^without the agent: NOC r/m, REACHED] },
  { script: '21-cover-lost', expect: [/^backup routes +OUT/m, /^backup routes +IN/m, REACHED] },
];

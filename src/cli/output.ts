/**
 * What each command prints with `--json`: the whole of it, as types. docs/output.schema.json is made from them (src/manual).
 * Fields are added, never renamed or removed, while `version` is 1. Durations are milliseconds, times RFC 3339 in UTC.
 */

import type { Diagnostic } from '../config/diagnostic.js';
import type { Carrier } from '../core/explain/reason.js';
import type { SceneName } from '../core/explain/scenes.js';
import type { DoctorReport } from '../doctor/report.js';
import type { CaseResult, Difference } from '../drill/protocol.js';
import type { MetricFamily } from '../metrics/families.js';
import type { Family } from '../model/address.js';
import type { Event } from '../model/event.js';
import type { HooksStatus } from '../model/hooks.js';
import type { Status } from '../model/status.js';

/** By command; of a command with several answers, by what it was asked for. */
export interface Outputs {
  readonly status: StatusOutput;
  readonly events: EventOutput;
  readonly metrics: MetricsOutput;
  readonly routes: RoutesOutput;
  readonly explain: ExplainOutput;
  readonly plan: PlanOutput;
  readonly check: CheckOutput;
  readonly convert: ConvertOutput;
  readonly doctor: DoctorReport;
  readonly reload: ReloadOutput;
  readonly 'reload-dry-run': ReloadPlanOutput;
  readonly confirm: OrderOutput;
  readonly hold: OrderOutput;
  readonly role: OrderOutput;
  readonly flush: RemovedOutput;
  readonly restore: RemovedOutput;
  readonly drill: DrillOutput;
  readonly 'drill-list': DrillListOutput;
  readonly init: InitOutput;
  readonly error: ErrorOutput;
}

/** In place of the answer, with the exit status of the same number. */
export interface ErrorOutput {
  readonly version: 1;
  readonly error: {
    /** Of the process; the table of them is in backup-router(8). */
    readonly exitStatus: number;
    readonly message: string;
    /** What to do, as commands or as words; null: nothing is known. */
    readonly suggestion: string | null;
  };
}

/** `hooks`: what the process of the hooks says of itself; absent: none runs, or a status is followed. */
export type StatusOutput = Status & { readonly hooks?: HooksStatus };

/** One line for each event. */
export type EventOutput = { readonly version: 1 } & Event;

/** The metrics of `metrics`, as values; docs/METRICS.md has their meaning. */
export interface MetricsOutput {
  readonly version: 1;
  readonly metrics: readonly MetricFamily[];
}

export interface RoutesOutput {
  readonly version: 1;
  readonly routes: readonly {
    /** A prefix, or `default`. */
    readonly destination: string;
    readonly family: Family;
    readonly gateway: string | null;
    readonly interface: string | null;
    readonly table: number;
    readonly metric: number;
    readonly protocol: number;
    /** The whole route in the spelling of ip(8). */
    readonly text: string;
  }[];
  readonly rules: readonly {
    readonly family: Family;
    readonly priority: number;
    readonly table: number;
    readonly suppressPrefixLength: number | null;
    readonly text: string;
  }[];
}

/** A route as `explain` tells of it. */
export interface ExplainedRoute {
  readonly destination: string;
  readonly table: number;
  readonly type: string;
  readonly protocol: number;
  readonly metric: number;
  readonly nexthops: readonly {
    readonly gateway: string | null;
    readonly interface: string | null;
    readonly dead: boolean;
  }[];
  readonly text: string;
}

export interface ExplainedRule {
  readonly priority: number;
  readonly text: string;
}

/** What carries the packet in one state. */
export interface ExplainedState {
  readonly state: 'now' | SceneName;
  readonly carrier: Carrier;
  /** null: nothing carries or refuses it. */
  readonly route: ExplainedRoute | null;
  readonly rule: ExplainedRule | null;
  readonly why: string;
}

/** The kernel's own answer. */
export type ExplainedAnswer =
  | { readonly kind: 'refused'; readonly code: string }
  | {
      readonly kind: 'route';
      readonly type: string;
      readonly gateway: string | null;
      readonly interface: string | null;
      readonly source: string | null;
      readonly table: number;
      readonly matched: ExplainedRoute | null;
    };

export interface ExplainOutput {
  readonly version: 1;
  readonly address: string;
  readonly family: Family;
  readonly vrf: string | null;
  /** The source address of the packet; null: none is said, and the kernel chooses one after the lookup. */
  readonly from: string | null;
  readonly configuration: Status['configuration']['source'];
  /** null: none answers; `agentSilence` says why. */
  readonly agent: { readonly phase: string; readonly reason: string; readonly forMs: number } | null;
  readonly agentSilence: string | null;
  /** The configured destination that the address belongs to; null: none. */
  readonly destination: { readonly destination: string; readonly coveredBefore: boolean } | null;
  readonly kernel: ExplainedAnswer;
  readonly agrees: boolean;
  readonly now: ExplainedState;
  readonly states: readonly ExplainedState[];
  readonly mayDivert: readonly (ExplainedRule & { readonly dependsOn: string })[];
  readonly notes: readonly string[];
}

/** Commands of ip(8). */
export interface IpCommands {
  readonly commands: readonly string[];
}

export interface PlanOutput {
  readonly version: 1;
  readonly file: string;
  readonly configuration: Status['configuration']['source'];
  /** Which half an agent that runs holds to; null: none runs, or it has not decided. */
  readonly applies: 'in' | 'out' | null;
  readonly in: IpCommands;
  readonly out: IpCommands;
  readonly adopt: IpCommands;
  readonly waiting: readonly { readonly subject: string; readonly reason: string }[];
}

export interface CheckOutput {
  readonly version: 1;
  readonly file: string;
  /** The files of its directory of parts, in the order in which they are read. */
  readonly parts: readonly string[];
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ConvertOutput {
  readonly version: 1;
  readonly file: string;
  readonly form: 'yaml' | 'junos' | 'set';
  /** null: the input has errors, or nothing is left of it. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
  /** What the form cannot express. */
  readonly lost: readonly string[];
  readonly advice: readonly string[];
}

/** Of an order that was taken. */
export interface OrderOutput {
  readonly version: 1;
  readonly message: string;
}

export interface ReloadOutput extends OrderOutput {
  /** The file says what ran before. */
  readonly unchanged: boolean;
  /** It is rolled back then, unless confirmed; null: it was taken for good. */
  readonly deadline: string | null;
}

export interface ReloadPlanOutput extends PlanOutput {
  readonly unchanged: boolean;
  /** As `diff -u` has it, without its head; null: the text that runs is too long for a comparison. */
  readonly diff: readonly string[] | null;
}

export interface RemovedOutput extends IpCommands {
  readonly version: 1;
  /** Nothing was changed. */
  readonly dryRun: boolean;
  /** What had to stay, and why. */
  readonly notes: readonly string[];
  /** What the kernel refused; then the exit status is 1. */
  readonly failures: readonly string[];
}

/** A proposal; `commands`: what it would do while the routing daemon is down. */
export interface InitOutput extends IpCommands {
  readonly version: 1;
  /** The text is a configuration, and nothing keeps its routes out. Else the exit status is 1. */
  readonly complete: boolean;
  readonly text: string;
  readonly candidates: readonly { readonly name: string; readonly reasons: readonly string[] }[];
  /** What has to be known and cannot be told from here. */
  readonly missing: readonly string[];
  readonly waiting: readonly { readonly subject: string; readonly reason: string }[];
}

export interface DrillOutput {
  readonly version: 1;
  readonly file: string;
  readonly daemon: 'frr' | 'bird';
  readonly passed: boolean;
  readonly maxOutageMs: number;
  readonly differences: readonly Difference[];
  readonly probes: readonly {
    readonly interface: string;
    readonly family: Family;
    readonly destination: string;
    readonly source: string;
    readonly target: string;
  }[];
  readonly cases: readonly (CaseResult & { readonly title: string })[];
}

export interface DrillListOutput {
  readonly version: 1;
  readonly cases: readonly { readonly name: string; readonly title: string }[];
}

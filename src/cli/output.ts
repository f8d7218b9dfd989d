/**
 * The complete output of each command with `--json`, as types. docs/output.schema.json is generated
 * from them (src/manual). While `version` is 1, fields are added, never renamed or removed.
 * Durations are in milliseconds, times in RFC 3339 format in UTC.
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

/** By command. A command with several kinds of answer has several entries. */
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

/** Printed in place of the answer if the command fails. */
export interface ErrorOutput {
  readonly version: 1;
  readonly error: {
    /** Exit status of the process; backup-router(8) has a table of them. */
    readonly exitStatus: number;
    readonly message: string;
    /** What to do, as commands or in words; null: not known. */
    readonly suggestion: string | null;
  };
}

/** `hooks`: the status of the hooks process; absent if none runs, or if the status is followed. */
export type StatusOutput = Status & { readonly hooks?: HooksStatus };

/** One line for each event. */
export type EventOutput = { readonly version: 1 } & Event;

/** The metrics of `metrics` as values. docs/METRICS.md explains them. */
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
    /** The whole route as ip(8) writes it. */
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

/** A route in the output of `explain`. */
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
  /** null: nothing carries the packet, or a rule refuses it. */
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
  /**
   * The source address of the packet; null: not given, so the kernel chooses one after the lookup.
   */
  readonly from: string | null;
  readonly configuration: Status['configuration']['source'];
  /** null: no agent answers; `agentSilence` says why. */
  readonly agent: { readonly phase: string; readonly reason: string; readonly forMs: number } | null;
  readonly agentSilence: string | null;
  /** The configured destination that contains the address; null: none. */
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
  /**
   * Which of the two lists the running agent implements; null: none runs, or it has not decided.
   */
  readonly applies: 'in' | 'out' | null;
  readonly in: IpCommands;
  readonly out: IpCommands;
  readonly adopt: IpCommands;
  readonly waiting: readonly { readonly subject: string; readonly reason: string }[];
}

export interface CheckOutput {
  readonly version: 1;
  readonly file: string;
  /** The parts of the configuration, in the order in which they are read. */
  readonly parts: readonly string[];
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ConvertOutput {
  readonly version: 1;
  readonly file: string;
  readonly form: 'yaml' | 'junos' | 'set';
  /** null: the input has errors, or the form can express none of it. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
  /** What the form cannot express. */
  readonly lost: readonly string[];
  readonly advice: readonly string[];
}

/** The answer to an order that was accepted. */
export interface OrderOutput {
  readonly version: 1;
  readonly message: string;
}

export interface ReloadOutput extends OrderOutput {
  /** The file has the same content as the configuration that ran before. */
  readonly unchanged: boolean;
  /**
   * Time at which the configuration is rolled back unless confirmed; null: it needs no
   * confirmation.
   */
  readonly deadline: string | null;
}

export interface ReloadPlanOutput extends PlanOutput {
  readonly unchanged: boolean;
  /**
   * The lines of `diff -u` without its header; null: the running text is too long to be compared.
   */
  readonly diff: readonly string[] | null;
}

export interface RemovedOutput extends IpCommands {
  readonly version: 1;
  /** Nothing was changed. */
  readonly dryRun: boolean;
  /** What had to stay, and why. */
  readonly notes: readonly string[];
  /** What the kernel refused. If there is any, the exit status is 1. */
  readonly failures: readonly string[];
}

/** A proposal. `commands`: what it would do while the routing daemon is down. */
export interface InitOutput extends IpCommands {
  readonly version: 1;
  /**
   * Whether the text is a valid configuration and none of its routes waits for anything. If not,
   * the exit status is 1.
   */
  readonly complete: boolean;
  readonly text: string;
  readonly candidates: readonly { readonly name: string; readonly reasons: readonly string[] }[];
  /** What a configuration needs and this host does not show. */
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

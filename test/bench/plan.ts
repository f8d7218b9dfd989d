/**
 * How much is measured: the arguments of scripts/bench as numbers of rounds. Nothing here measures.
 */

import { parseArgs } from 'node:util';

export const SECTIONS = ['death', 'start', 'commands', 'changes', 'scale', 'others', 'hang'] as const;
export type SectionId = (typeof SECTIONS)[number];

export interface Plan {
  readonly sections: readonly SectionId[];
  /** Rounds of death to route on an idle machine; other conditions take a share of it. */
  readonly kills: number;
  /** Rounds of a condition, however small its share. */
  readonly fewest: number;
  /** Lives of an agent, each with its first death. */
  readonly lives: number;
  /** Rounds of everything else. */
  readonly rounds: number;
  /** Routes in zebra for the condition that has many. */
  readonly tableRoutes: number;
  /** Foreign routes of the flood in which daemons die. */
  readonly floodRoutes: number;
  /** Foreign routes added and deleted; each route is two changes. */
  readonly changeRoutes: number;
  /** Destinations of the large configuration. */
  readonly destinations: number;
  /** Policy rules of others, and neighbours on another port. */
  readonly foreignRules: number;
  readonly strangers: number;
  /** How long an idle agent is watched. */
  readonly idleMs: number;
  /** How long a vty stalls, and a flood lasts, that must raise no alarm. */
  readonly stallMs: number;
  readonly jsonFile: string | undefined;
  readonly markdown: boolean;
  /** Progress, on standard error. */
  say(text: string): void;
}

export const USAGE = `usage: scripts/bench [--quick | --smoke] [--only SECTION[,SECTION...]] [--rounds N] [--json FILE] [--markdown]

Runs the agent and its alternatives side by side in network namespaces, and prints medians, 99th percentiles, maxima and ratios.

  --quick         about 3 minutes instead of about 15
  --smoke         a round or two of everything and small numbers: proves that it works, measures nothing
  --only LIST     of ${SECTIONS.join(', ')}
  --rounds N      kills of death to route on an idle machine (200; quick 30)
  --json FILE     every number, as JSON
  --markdown      tables for docs/BENCHMARKS.md instead of a terminal

examples:
  scripts/bench --quick --only death,start
  scripts/bench --markdown > tables.md
`;

const SIZES = {
  full: {
    kills: 200,
    fewest: 5,
    lives: 20,
    rounds: 30,
    tableRoutes: 400_000,
    floodRoutes: 100_000,
    changeRoutes: 500_000,
    destinations: 100_000,
    foreignRules: 10_000,
    strangers: 30_000,
    idleMs: 30_000,
    stallMs: 5000,
  },
  quick: {
    kills: 30,
    fewest: 3,
    lives: 20,
    rounds: 8,
    tableRoutes: 100_000,
    floodRoutes: 100_000,
    changeRoutes: 500_000,
    destinations: 100_000,
    foreignRules: 10_000,
    strangers: 30_000,
    idleMs: 5_000,
    stallMs: 5000,
  },
  smoke: {
    kills: 2,
    fewest: 1,
    lives: 1,
    rounds: 1,
    tableRoutes: 1_000,
    floodRoutes: 3_000,
    changeRoutes: 1_000,
    destinations: 500,
    foreignRules: 100,
    strangers: 300,
    idleMs: 500,
    stallMs: 300,
  },
} as const;

/** Throws with what is wrong about the arguments. */
export function planOf(argv: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean' },
      smoke: { type: 'boolean' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'boolean' },
    },
  });
  const size = SIZES[values.smoke === true ? 'smoke' : values.quick === true ? 'quick' : 'full'];
  const kills = values.rounds === undefined ? size.kills : Number(values.rounds);
  if (!Number.isInteger(kills) || kills < 1) throw new Error(`--rounds: a whole number from 1, not ${values.rounds}`);
  return {
    ...size,
    kills,
    sections: sectionsOf(values.only),
    jsonFile: values.json,
    markdown: values.markdown ?? false,
    say: (text) => process.stderr.write(`bench: ${text}\n`),
  };
}

function sectionsOf(only: string | undefined): readonly SectionId[] {
  if (only === undefined) return SECTIONS;
  return only.split(',').map((word) => {
    const section = SECTIONS.find((one) => one === word.trim());
    if (section === undefined) throw new Error(`--only: ${word} is none of ${SECTIONS.join(', ')}`);
    return section;
  });
}

/**
 * The BIRDs that the tests run with: this host's own, and BIRD 3 if scripts/setup could unpack it.
 * Tests of BIRD itself run once with each. A missing one is skipped by name.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from './kinds-support.js';

export interface BirdProgram {
  readonly name: 'BIRD 2' | 'BIRD 3';
  readonly program: string;
  /** false, or why it cannot run. */
  readonly skip: string | false;
}

/** Where `scripts/setup bird3-lab` puts it. */
const BIRD_3 = join(process.env['BACKUP_ROUTER_TEST_CACHE'] ?? '/var/cache/backup-router-test', 'bird3-1', 'bird');

export const BIRDS: readonly BirdProgram[] = [
  {
    name: 'BIRD 2',
    program: installed('bird') ?? 'bird',
    skip: installed('bird') === undefined && 'BIRD 2 is not installed',
  },
  { name: 'BIRD 3', program: BIRD_3, skip: !existsSync(BIRD_3) && 'BIRD 3 could not be had here' },
];

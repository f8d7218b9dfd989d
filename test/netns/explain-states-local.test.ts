/** Runs explain-states.ts with placement local. */

import { everyState } from './explain-states.js';

everyState('local');

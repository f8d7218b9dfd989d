/** The predictions of `explain` against every real state, placement local: explain-states.ts. */

import { everyState } from './explain-states.js';

everyState('local');

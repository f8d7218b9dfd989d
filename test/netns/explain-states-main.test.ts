/** The predictions of `explain` against every real state, placement main: explain-states.ts. */

import { everyState } from './explain-states.js';

everyState('main');

/** Runs explain-states.ts with placement main. */

import { everyState } from './explain-states.js';

everyState('main');

/** What a reload does with the file as it was read. Pure. */

import { renderDiagnostics } from '../config/diagnostic.js';
import type { LoadedConfig } from '../config/load.js';
import type { Chosen } from './choose-config.js';

type ReloadDecision =
  | {
      readonly kind: 'refuse';
      readonly code: string;
      readonly message: string;
      readonly suggestion: string;
      /** How many errors the file has. */
      readonly errors: number;
    }
  | { readonly kind: 'take'; readonly next: Chosen; readonly answer: string; readonly unchanged: boolean }
  /** `former`: the text that runs again unless it is confirmed. */
  | { readonly kind: 'take-until-confirmed'; readonly next: Chosen; readonly former: string };

/** `confirm`: the reload is to be confirmed. */
export function decideReload(
  current: Chosen,
  file: string,
  { config, diagnostics, text }: LoadedConfig,
  confirm: boolean,
): ReloadDecision {
  if (config === undefined || text === undefined)
    return {
      kind: 'refuse',
      code: 'configuration',
      message: `${file} has errors; the former configuration stays in force\n${renderDiagnostics(diagnostics)}`,
      suggestion: `backup-router check -c ${file}`,
      errors: diagnostics.filter((d) => d.severity === 'error').length,
    };
  const next: Chosen = { config, source: 'file', diagnostics, text, former: current.config };
  const take = (answer: string, unchanged = false): ReloadDecision => ({ kind: 'take', next, answer, unchanged });
  const former = current.pending?.former ?? current.text;
  if (current.pending === undefined && current.source === 'file' && text === current.text)
    return take(`configuration unchanged${confirm ? ', so nothing is left to confirm' : ''}`, true);
  if (current.pending === undefined && !confirm) return take('configuration reloaded');
  if (former === undefined)
    return {
      kind: 'refuse',
      code: 'not-possible',
      message: 'what runs now is not UTF-8, so there would be no way back to it',
      suggestion: 'reload without --confirm',
      errors: 0,
    };
  if (text === former)
    return take('configuration reloaded; it is the last confirmed one, so nothing is left to confirm');
  return { kind: 'take-until-confirmed', next, former };
}

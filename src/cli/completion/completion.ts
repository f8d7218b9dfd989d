/** `backup-router completion bash|zsh|fish`: prints the completion script for a shell. */

import type { Command } from 'commander';
import { EXIT } from '../../model/exit.js';
import { print } from '../print.js';
import { bashCompletion } from './bash.js';
import { fishCompletion } from './fish.js';
import { type CommandWords, completable } from './words.js';
import { zshCompletion } from './zsh.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandWords[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function completion(shell: Shell, program: Command): number {
  print(SCRIPTS[shell](completable(program)));
  return EXIT.OK;
}

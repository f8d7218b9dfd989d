/**
 * A container engine of its own for a test: podman with runc, its images and containers in a directory of the laboratory, and the
 * images of the examples, built on Debian roots instead of a registry's.
 */

import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type CommandOptions, type CommandResult, command, tryCommand } from '../../src/drill/lab/command.js';
import { installExitHook, removeExitHook } from '../../src/drill/lab/exit-hook.js';
import { debianRoot } from '../systemd/host/debian-root.js';
import { PROJECT } from '../systemd/host/project.js';
import { cannotBoot } from '../systemd/host/requirements.js';
import { artefact } from './artefacts.js';

const EXAMPLE = join(PROJECT, 'docs/examples/container');
/** Limits that this host's root may set, too. No engine that runs beside a systemd needs them. */
const CONF = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
`;

/** The reason why no container can run here, or false. */
export function cannotContain(): string | false {
  const missing = ['podman', 'runc'].find((name) => tryCommand(['sh', '-c', `command -v ${name}`]).status !== 0);
  return missing === undefined ? cannotBoot() : `not installed: ${missing} (scripts/setup container-lab)`;
}

export class Engine {
  readonly #directory: string;
  readonly #argv: readonly string[];
  readonly #env: NodeJS.ProcessEnv;

  constructor(directory: string) {
    this.#directory = join(directory, 'engine');
    mkdirSync(this.#directory);
    writeFileSync(join(this.#directory, 'containers.conf'), CONF);
    this.#env = { PATH: process.env['PATH'], CONTAINERS_CONF: join(this.#directory, 'containers.conf') };
    const of = (name: string): string => join(this.#directory, name);
    this.#argv = ['podman', '--root', of('storage'), '--runroot', of('run'), '--tmpdir', of('tmp')];
    installExitHook(this);
  }

  /** Runs podman; returns its standard output, throws when it fails. */
  run(...argv: readonly string[]): string {
    return command([...this.#argv, ...argv], this.#options());
  }

  try(...argv: readonly string[]): CommandResult {
    return tryCommand([...this.#argv, ...argv], this.#options());
  }

  /** What the container has written, both streams. */
  logs(name: string): string {
    const { stdout, stderr } = this.try('logs', name);
    return stdout + stderr;
  }

  /** The agent's image as `backup-router`, FRR with it as `backup-router-frr`, and FRR without it as `frr`. */
  buildExamples(): void {
    const context = join(this.#directory, 'context');
    mkdirSync(context);
    for (const name of readdirSync(EXAMPLE)) copyFileSync(join(EXAMPLE, name), join(context, name));
    const deb = artefact('deb');
    copyFileSync(deb, join(context, basename(deb)));
    this.#import('base', debianRoot({ packages: ['libcap2-bin', 'libstdc++6'] }));
    this.#import('frr', debianRoot({ packages: ['frr', 'tini', 'iproute2', 'procps'] }));
    const build = ['build', '--quiet', '--format', 'docker', '--network', 'none'];
    this.run(
      ...[...build, '--tag', 'backup-router', '--build-arg', 'BASE=localhost/base'],
      ...['--build-arg', `PACKAGE=${basename(deb)}`, context],
    );
    this.run(
      ...[...build, '--tag', 'backup-router-frr', '--build-arg', 'AGENT=localhost/backup-router'],
      ...['--build-arg', 'BASE=localhost/frr', '--file', join(context, 'Dockerfile.frr'), context],
    );
  }

  /** Ends every container, and removes them with their images. */
  closeNow(): void {
    // Twice: what shares another's namespaces keeps that one from being removed.
    for (let i = 0; i < 2; i++) this.try('rm', '--all', '--force', '--time', '0');
    // podman has mounted it upon itself.
    tryCommand(['umount', join(this.#directory, 'storage/overlay')]);
    rmSync(this.#directory, { recursive: true, force: true });
    removeExitHook(this);
  }

  #import(name: string, root: string): void {
    const shell = `tar -C "$0" -c . | "$@" import --quiet - localhost/${name}`;
    command(['sh', '-ec', shell, root, ...this.#argv], this.#options());
  }

  #options(): CommandOptions {
    return { env: this.#env, timeoutMs: 120_000 };
  }
}

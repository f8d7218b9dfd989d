/** Plays a life to its end or to the first thing that is not as it must be. */

import { act } from '../actions.js';
import { formatTime, settled } from '../clock.js';
import { check } from '../expect.js';
import { World } from '../world.js';
import type { Life, Line } from './lives.js';

export interface Played {
  /** What did happen: the life without the actions that made no sense. */
  readonly life: Life;
  /** Actions that were carried out. */
  readonly acts: number;
  /** Inputs of the machine. */
  readonly inputs: number;
  /** Undefined: all was well. */
  readonly failure: string | undefined;
  /** What an operator would look at, at the failure. */
  readonly scene: string;
}

export async function play({ config, given, lines }: Life): Promise<Played> {
  const done: Line[] = [];
  const before: string[] = [];
  const world = new World(config);
  let failure: string | undefined;
  // A bug of the machine in the answer to a promise.
  const onBug = (error: unknown): void => void (failure ??= `throws: ${error instanceof Error ? error.stack : error}`);
  process.on('unhandledRejection', onBug);
  try {
    for (const command of given) if (carriedOut(world, command)) before.push(command);
    world.startAgent();
    await settled();
    for (const line of lines) {
      await world.clock.advanceTo(line.at);
      const expectation = /^expect (.*)$/.exec(line.command)?.[1];
      if (expectation !== undefined) {
        const found = check(world, expectation);
        if (found !== undefined && world.runs) failure ??= found;
      } else if (!carriedOut(world, line.command)) continue;
      done.push(line);
      await settled();
      failure ??= world.kernel.violations[0];
      if (failure !== undefined) break;
    }
  } catch (error) {
    onBug(error);
  }
  const scene = failure === undefined ? '' : `${formatTime(world.clock.now())}\n${world.print()}`;
  world.killAgent();
  process.off('unhandledRejection', onBug);
  const life = { config, given: before, lines: done };
  return { life, acts: done.length, inputs: world.inputs, failure, scene };
}

/** Whether it could be: a link that is gone cannot be renamed. What the machine throws in answer is a bug of its own. */
function carriedOut(world: World, command: string): boolean {
  if (!isPossible(world, command)) return false;
  try {
    act(world, command);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** What the fake and the world around it say to an action that makes no sense. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^fake kernel has no |the fake kernel says: |^the agent (does not run|runs already)|^no (daemon|route to append)/.test(
      error.message,
    )
  );
}

/** What Linux would refuse and the fake, which scenarios alone speak to otherwise, does not. */
function isPossible(world: World, command: string): boolean {
  const { fake } = world.kernel;
  const [verb, name = '', change, text = ''] = command.split(' ');
  const linkOf = (wanted: string) => [...fake.links.values()].find((link) => link.name === wanted);
  if (verb === 'address' && change === 'add')
    return !fake.addresses.some(
      (own) => own.interfaceIndex === linkOf(name)?.index && `${own.address}/${own.length}` === text,
    );
  if (verb === 'link' && change === 'rename') return linkOf(text) === undefined;
  if (verb === 'link' && change === 'carrier') return linkOf(name)?.up === true;
  if (verb === 'link' && change === 'master') return linkOf(name)?.master === undefined;
  if (verb === 'link' && change === 'add') return linkOf(name) === undefined;
  if (verb === 'neighbour') return linkOf(change === 'dev' ? text : '')?.up === true;
  if (verb === 'append') {
    const gateway = command.split(' via ')[1]?.split(' ')[0];
    return !fake.fib.routes.some(
      (route) => world.kernel.protocols.has(route.protocol) && route.nexthops.some((hop) => hop.gateway === gateway),
    );
  }
  if (verb === 'config' && name === 'also') return !world.configLines.some((line) => line.startsWith('also'));
  return true;
}

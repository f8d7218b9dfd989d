/**
 * Asks an FRR daemon one question over its vty socket, for laboratories that wait for an answer.
 * The agent's own held connection is under test and shares no code with this. The protocol is fact
 * F6: `command\0`, answered by text and then `00 00 00 status`.
 */

import { createConnection } from 'node:net';

/**
 * Sends one command and resolves with the text of the answer. Rejects if the connection is
 * refused, the command fails, or there is no answer after `timeoutMs`.
 */
export async function askVty(socketPath: string, command: string, timeoutMs = 1000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    const parts: Buffer[] = [];
    const finish = (error: Error | undefined, answer = ''): void => {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve(answer);
      else reject(error);
    };
    const timer = setTimeout(
      () => finish(new Error(`${socketPath}: no answer to "${command}" in ${timeoutMs} ms`)),
      timeoutMs,
    );
    socket.on('error', finish);
    socket.on('end', () => finish(new Error(`${socketPath}: end of file`)));
    socket.on('connect', () => socket.write(`${command}\0`));
    socket.on('data', (part) => {
      parts.push(part);
      const all = Buffer.concat(parts);
      if (all.length < 4 || all.readUIntBE(all.length - 4, 3) !== 0) return;
      const status = all[all.length - 1];
      const answer = all.subarray(0, -4).toString();
      finish(status === 0 ? undefined : new Error(`"${command}": status ${status}: ${answer.trim()}`), answer);
    });
  });
}

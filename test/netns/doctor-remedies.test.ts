/**
 * Carries out doctor's remedies exactly as printed. Afterwards doctor no longer reports the
 * hazard. The states are in doctor-trials.ts.
 */

import t from 'tap';
import { alternativesOf, shapeOf } from '../unit/doctor/carry-out.js';
import { laboratory } from './agent-support.js';
import { SCENES } from './doctor-trials.js';

t.setTimeout(400_000);

for (const scene of SCENES) {
  t.test(scene.what, { skip: scene.skip ?? false }, async (t) => {
    const std = laboratory(t, scene.lab);
    const hands = await scene.make(t, std);
    const before = await hands.look();
    hands.told?.(before);
    const done = new Set<string>();
    for (const { code, severity, remedy } of before.report.findings) {
      if (remedy === null || severity === 'ok') continue;
      for (const lines of alternativesOf(remedy)) {
        const shape = scene.shapes.find(
          (one) => one === shapeOf(code, lines) || one === `${code}: ${lines[0]!.split(':')[0]}`,
        );
        if (shape === undefined) continue;
        done.add(shape);
        // What would be kept over a boot is a file of this machine.
        for (const line of lines.filter((one) => !/> \/etc\//.test(one))) {
          const act = hands.instead?.[shape]?.(line) ?? line;
          if (typeof act === 'function') await act();
          else {
            const command =
              hands.agent === undefined ? '' : `backup-router() { ${hands.agent.command().join(' ')} "$@"; }\n`;
            const { status, stdout, stderr } = await std.router.runAsync(['bash', '-c', command + act]);
            t.ok(status === 0 || act.startsWith('diff '), `${act}: ${status} ${stdout}${stderr}`);
          }
        }
      }
    }
    t.same(
      scene.shapes.filter((shape) => !done.has(shape)),
      [],
      'each was told',
    );
    const after = await hands.look();
    for (const code of new Set(scene.shapes.map((shape) => shape.split(':')[0]!)))
      t.same(
        after.of(code).map(({ severity, message, evidence }) => `${severity} ${message} ${evidence.join('; ')}`),
        [],
        `${code} is gone`,
      );
  });
}

/** Long lists of prefixes: read fast, and exactly as the YAML parser alone would read them. */

import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import { parseDocument, type Value } from '../../../src/config/document.js';
import { foldLongLists } from '../../../src/config/long-lists.js';
import { parseConfig } from '../../../src/config/parse.js';

const prefixes = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`);
const block = (count: number, indent = '    '): string =>
  prefixes(count)
    .map((p) => `${indent}- ${p}\n`)
    .join('');

/** The tree as plain values; every string must stand where its place says. */
function plain(value: Value | undefined, text: string): unknown {
  switch (value?.kind) {
    case undefined:
    case 'null':
      return null;
    case 'list':
      return value.items.map((item) => plain(item, text));
    case 'map':
      return Object.fromEntries(value.entries.map((entry) => [entry.key, plain(entry.value, text)]));
    case 'scalar': {
      const source = text.slice(value.span.start, value.span.end);
      if (
        value.text.includes('/') &&
        !/\s/.test(value.text) &&
        ![value.text, `'${value.text}'`, `"${value.text}"`].includes(source)
      )
        throw new Error(`${value.text} is not at its place, but ${source}`);
      return value.value;
    }
    default:
      return value satisfies never;
  }
}

/** Compares with the YAML parser alone; true when the text has no fault of syntax. */
function agrees(text: string): boolean {
  let reference: unknown;
  try {
    reference = parse(text, { uniqueKeys: false, stringKeys: true, logLevel: 'error' });
  } catch {
    reference = undefined;
  }
  const { root, damaged, report } = parseDocument(text, 'f');
  if (reference === undefined ? report.errorCount() === 0 : damaged)
    throw new Error(`only one of the two finds a fault: ${JSON.stringify(report.diagnostics())}`);
  // An empty key is a fault of ours only.
  if (reference === undefined || report.errorCount() > 0) return false;
  t.strictSame(plain(root, text), reference, JSON.stringify(text.slice(0, 200)));
  return true;
}

const octet = fc.nat(255);
const address = fc.oneof(
  fc.tuple(octet, octet).map(([a, b]) => `10.${a}.${b}.0/24`),
  fc.tuple(octet, octet).map(([a, b]) => `2001:db8:${a.toString(16)}:${b.toString(16)}::/64`),
  fc.constantFrom('0.0.0.0/0', '2001:DB8::/32'),
);
const oddItem = fc.constantFrom(
  '5',
  '[a, b]',
  '{a: 1}',
  '&x 10.0.0.0/8',
  '10.0.0.0/8 x',
  '',
  'a: 1',
  "'it''s'",
  '- 10.0.0.0/8',
  '10.0.0.0/8:',
  '::/0',
);
const quoteWith = (text: string, quote: string): string => `${quote}${text}${quote}`;
const quoted = fc.tuple(address, fc.constantFrom('', '', '"', "'")).map(([text, quote]) => quoteWith(text, quote));
const list = (min: number): fc.Arbitrary<readonly string[]> =>
  fc.array(quoted, { minLength: min, maxLength: 140, size: 'max' });

const blockList = fc
  .tuple(
    list(60),
    fc.nat(4),
    fc.array(
      fc.tuple(
        fc.nat(90),
        fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom('# note', '') },
          { weight: 1, arbitrary: oddItem.map((o) => `- ${o}`) },
        ),
      ),
      { maxLength: 4 },
    ),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', ' ', '  # note'),
  )
  .map(([items, indent, inserted, newline, tail]) => {
    const lines = items.map((text) => `- ${text}${tail}`);
    for (const [at, line] of inserted) lines.splice(at, 0, line);
    return `\n${lines.map((line) => `${line === '' ? '' : ' '.repeat(indent)}${line}${newline}`).join('')}`;
  });
const flowList = fc
  .tuple(
    list(60),
    fc.constantFrom(',', ', ', ' ,\n    ', ',\r\n  '),
    fc.array(fc.tuple(fc.nat(90), fc.constantFrom('5', '[a]', '{a: 1}', 'x y')), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([items, comma, odd, trailing]) => {
    const all = [...items];
    for (const [at, text] of odd) all.splice(at, 0, text);
    return ` [${all.join(comma)}${trailing ? comma : ''}]\n`;
  });
/** What looks like a list and is none. */
const pseudo = fc.oneof(
  list(60).map((items) => ` |\n${items.map((text) => `  - ${text}\n`).join('')}`),
  list(60).map((items) => ` "\n${items.map((text) => `  - ${text.replaceAll('"', '')}\n`).join('')}  "\n`),
  list(60).map((items) => ` '[${items.join(', ').replaceAll("'", '')}]'\n`),
  list(60).map((items) => ` 1 # [${items.join(', ')}]\n`),
);
const documents = fc
  .array(fc.oneof(blockList, flowList, pseudo), { minLength: 1, maxLength: 3 })
  .map((values) => values.map((value, i) => `k${i}:${value}`).join(''));

t.test('agrees with the YAML parser', async (t) => {
  let whole = 0;
  let folded = 0;
  fc.assert(
    fc.property(documents, (text) => {
      if (agrees(text)) whole++;
      if (foldLongLists(text).folds.length > 0) folded++;
    }),
    { numRuns: 200 },
  );
  t.ok(whole > 50, `${whole} without faults`);
  t.ok(folded > 50, `${folded} with long lists`);
});

t.test('and when anything is done to the text', async () => {
  const text = `k0: x\nk1:\n${block(70, '  ')}k2: [${prefixes(70).join(', ')}]\nk3: y\n`;
  const pieces = fc.oneof(
    fc
      .string({ unit: 'binary-ascii', maxLength: 3 })
      .filter((s) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\t]/.test(s)),
    fc.constantFrom('\n', '[', ']', '"', "'", ' ', '#', '- ', ' # ', ':', '{', '}', '&a ', '|\n'),
  );
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(20), pieces, (at, length, other) => {
      const changed = text.slice(0, at) + other + text.slice(at + length);
      // Several documents, and aliases that lead nowhere, are faults of ours as well, or thrown later by the other.
      fc.pre(!/^(---|\.\.\.)/m.test(changed) && !changed.includes('*'));
      agrees(changed);
    }),
    { numRuns: 400 },
  );
});

t.test('what looks like a list and is none', async (t) => {
  const text = `k: |\n${block(100, '  ')}`;
  t.equal(foldLongLists(text).folds.length, 1);
  t.ok(agrees(text), 'a block of text');
  t.ok(agrees(`k: "\n${block(100, '  ')}  "\n`), 'quoted text');
  t.ok(agrees(`k: [${prefixes(100).join(',\r')}]\n`), 'returns that end no line');
  t.notOk(agrees(`k: [${prefixes(100).join(', ').replace('11.0.50', '\n11.0.50')}]\n`), 'brackets indented too little');
  t.ok(agrees(`k:\n${block(100)}     11.0.0.0/8\n`), 'an item of two lines');
  t.ok(agrees(`# [${prefixes(100).join(', ')}]\nk: 1\n`), 'a comment');
  const { root, report } = parseDocument(`k: |\n${block(20_000, '  ')}`, 'f');
  t.equal(root, undefined);
  t.strictSame(
    report.diagnostics().map((d) => d.code),
    ['too-large'],
    'and too long for anything else',
  );
});

t.test('the text keeps its places', async (t) => {
  const text = `a: 1\nb:\n${block(100)}c: [${prefixes(100).join(', ')}]\nd: 1\n`;
  const folded = foldLongLists(text);
  t.equal(folded.text.length, text.length);
  t.equal(folded.folds.length, 2);
  t.equal(folded.text.indexOf('\nd:'), text.indexOf('\nd:'));
  t.ok(folded.taken > 2000);
});

t.test('a hundred thousand destinations', async (t) => {
  const head = 'management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n  destination:';
  const texts: Readonly<Record<string, string>> = {
    lines: `${head}\n${block(100_000)}`,
    brackets: `${head} [${prefixes(100_000).join(', ')}]\n`,
    JSON: JSON.stringify(
      {
        'management-interface': 'eth0',
        'backup-router': { address: '192.0.2.1', destination: prefixes(100_000) },
      },
      null,
      2,
    ),
  };
  for (const [form, text] of Object.entries(texts)) {
    // The best of three: the limit is ours, not that of a busy host.
    const times = [0, 1, 2].map(() => {
      const started = performance.now();
      const { config } = parseConfig(text, 'f');
      const ms = performance.now() - started;
      t.equal(config?.managementInterfaces[0]?.backupRouters[0]?.destinations.length, 100_000);
      return ms;
    });
    t.ok(Math.min(...times) < 2000, `${form}: ${Math.round(Math.min(...times))} ms`);
  }
});

t.test('one fault among them is found at its place', async (t) => {
  const lines = block(100_000).split('\n');
  const head = 'management-interface: eth0\nbackup-router:\n  address: 192.0.2.1\n  destination:\n';
  const faulty = `${head}${lines.with(50_000, '    - 10.0.0.1/8').join('\n')}withdraw: {hold-time: 5}\n`;
  const { partial, diagnostics } = parseConfig(faulty, 'f');
  t.strictSame(
    diagnostics.map((d) => `${d.line}:${d.column} ${d.code}`),
    ['50005:7 host-bits', '100005:23 missing-unit'],
  );
  t.equal(partial?.managementInterfaces[0]?.backupRouters[0]?.destinations.length, 99_999);
  const broken = parseConfig(`${head}${block(100_000)}withdraw: {hold-time: 5s\n`, 'f');
  t.strictSame(
    broken.diagnostics.map((d) => d.code),
    ['syntax'],
  );
  t.equal(
    broken.partial?.managementInterfaces[0]?.backupRouters[0]?.destinations.length,
    100_000,
    'a fault of syntax elsewhere costs nothing',
  );
});

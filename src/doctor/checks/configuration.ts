/** The configuration file: whether it exists, and the faults that `check` reports for it. */

import { type Check, finding } from '../finding.js';

export const configMissing: Check = {
  code: 'config-missing',
  title: 'there is a configuration',
  run: ({ configuration: { file, missing } }) =>
    missing === undefined
      ? []
      : [
          finding(
            'error',
            missing.length === 0
              ? `There is no configuration that can be used, so no backup route. Everything below is about the one that
                 \`backup-router init\` proposes.`
              : `There is no configuration that can be used, so no backup route, and \`backup-router init\` cannot propose
                 all of it. What follows was checked without a configuration.`,
            [file, ...missing.map((what) => `cannot tell ${what}`)],
            missing.length === 0
              ? [`backup-router init | sudo tee ${file}`, 'backup-router check']
              : ['backup-router init', `# complete it, and save it as ${file}`],
          ),
        ],
};

export const configFaults: Check = {
  code: 'config-faults',
  title: 'the configuration has neither errors nor warnings',
  run: ({ configuration }) =>
    configuration.diagnostics.map((d) =>
      finding(
        d.severity,
        `${d.message} [${d.code}]`,
        [d.line === 0 ? d.file : `${d.file}:${d.line}:${d.column}: ${d.source.trim()}`],
        d.suggestion
          .split('\n')
          .map((line) => `# ${line}`)
          .join('\n'),
      ),
    ),
};

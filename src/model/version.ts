/** The version of the agent; a test holds it equal to package.json, which the installed daemon does not read. */
export const VERSION = '0.1.0';

/** Put in by scripts/lib/bundle.mjs. */
declare const __BUILD__: string | undefined;

/** A digest of all the code of the bundle; undefined where the agent runs from its modules. */
export const BUILD: string | undefined = typeof __BUILD__ === 'string' ? __BUILD__ : undefined;

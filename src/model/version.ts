/** The version of the agent; a test holds it equal to package.json, which the installed daemon does not read. */
export const VERSION = '1.0.0';

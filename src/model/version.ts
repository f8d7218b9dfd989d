/**
 * The version of the agent. A test holds it equal to package.json, which the installed agent does
 * not read.
 */
export const VERSION = '1.0.0';

/**
 * Whether this process runs in a container of Docker, Podman or Kubernetes, where remedies differ
 * from those on a host.
 */

import { existsSync } from 'node:fs';

/**
 * Checks files that the engines create, and the variable that Kubernetes sets for each container
 * of a pod.
 */
export function inContainer(root = '', env: NodeJS.ProcessEnv = process.env): boolean {
  return (
    env['KUBERNETES_SERVICE_HOST'] !== undefined ||
    existsSync(`${root}/.dockerenv`) ||
    existsSync(`${root}/run/.containerenv`)
  );
}

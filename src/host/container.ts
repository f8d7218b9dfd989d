/** Whether this process runs in a container of Docker, Podman or Kubernetes, where remedies are other ones than on a host. */

import { existsSync } from 'node:fs';

/** Files that the engines put there; Kubernetes sets the variable for each container of a pod. */
export function inContainer(root = '', env: NodeJS.ProcessEnv = process.env): boolean {
  return (
    env['KUBERNETES_SERVICE_HOST'] !== undefined ||
    existsSync(`${root}/.dockerenv`) ||
    existsSync(`${root}/run/.containerenv`)
  );
}

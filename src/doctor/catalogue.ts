/**
 * All checks, in the order in which findings of equal severity are printed: the checks of what
 * carries packets come first. To add a check, add a file (or a constant in the file of its
 * family), a line here and a row in docs/DOCTOR.md. Tests compare the three.
 */

import * as agent from './checks/agent.js';
import * as bird from './checks/bird.js';
import * as collisions from './checks/collisions.js';
import { configNotRunning } from './checks/config-running.js';
import * as configuration from './checks/configuration.js';
import { metricCollision, staleRoutes } from './checks/daemon-routes.js';
import { defaultDistanceZero } from './checks/defaults.js';
import * as frr from './checks/frr.js';
import * as gateway from './checks/gateway.js';
import * as hidden from './checks/hidden.js';
import * as link from './checks/interface.js';
import * as managers from './checks/managers.js';
import { repliesNotIn, repliesOvertaken } from './checks/replies.js';
import { rpFilterStrict } from './checks/rp-filter.js';
import * as rules from './checks/rules.js';
import * as shared from './checks/shared-table.js';
import * as sockets from './checks/sockets.js';
import { staticOverlap } from './checks/statics.js';
import * as system from './checks/system.js';
import { probeTimeoutShort } from './checks/timing.js';
import * as unit from './checks/unit.js';
import * as unitSettings from './checks/unit-settings.js';
import * as verified from './checks/verified.js';
import type { Check } from './finding.js';

interface Group {
  readonly name: string;
  readonly checks: readonly Check[];
}

/**
 * The groups that can run without a configuration. The checks of the configuration file itself run
 * as well.
 */
const WITHOUT_CONFIGURATION: ReadonlySet<string> = new Set(['network managers', 'unit', 'clock']);
const OF_THE_FILE: ReadonlySet<string> = new Set(['config-missing', 'config-faults']);

/** The checks that can run on this host. */
export function checksFor(configured: boolean): readonly Group[] {
  if (configured) return CATALOGUE;
  return CATALOGUE.map(({ name, checks }) => ({
    name,
    checks: WITHOUT_CONFIGURATION.has(name) ? checks : checks.filter(({ code }) => OF_THE_FILE.has(code)),
  }));
}

export const CATALOGUE: readonly Group[] = [
  {
    name: 'configuration',
    checks: [
      configuration.configMissing,
      configuration.configFaults,
      configNotRunning,
      gateway.destinationNested,
      gateway.destinationOverSubnet,
      probeTimeoutShort,
    ],
  },
  {
    name: 'management interface',
    checks: [
      link.interfaceMissing,
      link.interfaceAmbiguous,
      link.interfaceDown,
      link.interfaceNoCarrier,
      link.interfaceNoAddress,
      link.interfaceEnslaved,
      link.interfaceNotInVrf,
      link.inet6Disabled,
      link.inet6AddressLost,
      link.acceptRaForwarding,
      rpFilterStrict,
    ],
  },
  {
    name: 'backup router',
    checks: [
      gateway.gatewayOffLink,
      gateway.gatewayOwnAddress,
      gateway.gatewayDead,
      gateway.gatewayAutoNone,
      gateway.gatewayNone,
    ],
  },
  {
    name: 'routes of others',
    checks: [
      defaultDistanceZero,
      staticOverlap,
      shared.redistributeKernel,
      shared.networkDefault,
      shared.defaultOriginate,
      shared.nhtResolveViaDefault,
      shared.transitForwarding,
      metricCollision,
      staleRoutes,
      hidden.refusalHides,
      hidden.nexthopObjectsInet6,
      bird.birdLearn,
      bird.birdPersist,
    ],
  },
  {
    name: 'routing daemon',
    checks: [
      sockets.socketDenied,
      sockets.socketAbsent,
      sockets.socketStale,
      sockets.socketSilent,
      frr.frrDaemonDisabled,
      frr.frrWatchfrr,
      frr.unitOfFrr,
      frr.frrZebraKeepsRoutes,
      frr.frrZebraSweepsLate,
      system.pid1DoesNotReap,
    ],
  },
  {
    name: 'network managers',
    checks: [
      managers.networkdForeignRoutes,
      managers.networkdForeignRules,
      managers.networkManager,
      managers.ifupdownDefault,
      managers.netplanDefault,
    ],
  },
  {
    name: 'numbers and rules',
    checks: [
      collisions.protocolReserved,
      collisions.protocolForeignRoutes,
      collisions.tableInUse,
      collisions.numberNamedOtherwise,
      rules.rulePlaceTroubled,
      rules.ruleBeforeOurs,
      rules.ruleOvertaken,
      repliesOvertaken,
      rules.kernelPolicyRules,
      collisions.namesNotInstalled,
    ],
  },
  {
    name: 'agent',
    checks: [
      agent.agentNotRunning,
      agent.agentNotInState,
      agent.destinationUncovered,
      verified.modelDisagrees,
      verified.carriesNothing,
      repliesNotIn,
      agent.agentInterference,
      agent.agentDryRun,
      agent.twoAgents,
      agent.agentVersion,
      agent.capabilityMissing,
      agent.stateNotWritable,
      agent.lastKnownGoodMissing,
      agent.nativeMissing,
    ],
  },
  {
    name: 'unit',
    checks: [
      unit.noSystemd,
      unit.unitNotInstalled,
      unit.unitMasked,
      unit.unitNotEnabled,
      unit.unitState,
      unitSettings.unitUser,
      unit.unitReload,
      unit.unitDiffers,
      unitSettings.unitSandbox,
      unitSettings.unitNoWatchdog,
      unitSettings.unitNoRestart,
      unitSettings.unitOrdering,
      unitSettings.runtimeWatchdog,
    ],
  },
  { name: 'clock', checks: [system.clockBeforeBuild, system.clockNotSynchronised] },
];

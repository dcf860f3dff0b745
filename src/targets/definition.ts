// What one deploy target says: how a version gets to run there, and what is running now.

import type { Context } from '../context.ts';
import type { Store } from '../store/layout.ts';
import type { Version } from '../store/versions.ts';

export type Target = {
  /** The word in `deploy.target`. */
  readonly name: string;
  readonly title: string;
  /** The steps `apply` would take, in order; changes nothing. */
  readonly plan: (request: DeployRequest, context: Context) => Promise<readonly PlanStep[]>;
  /** Refuses, before anything is stored, what `apply` would refuse: a port that is taken, say. Changes nothing. */
  readonly check: (request: DeployRequest, context: Context) => Promise<void>;
  /** Makes the version answer. The one before answers until the new one is healthy. Errors: DEPLOY_FAILED. */
  readonly apply: (request: DeployRequest, context: Context) => Promise<Deployed>;
  /** What is running; undefined when nothing is. */
  readonly status: (store: Store, context: Context) => Promise<Deployed | undefined>;
  /** Stops it after its requests are answered; false when nothing was running. */
  readonly stop: (store: Store, context: Context) => Promise<boolean>;
};

export type DeployRequest = {
  readonly store: Store;
  /** Undefined in a plan for a version that is not stored yet. */
  readonly version: Version | undefined;
  readonly host: string;
  /** 0 picks a free one; undefined keeps the running one, or takes the target's default. */
  readonly port: number | undefined;
};

export type PlanStep = {
  readonly action: 'add' | 'start' | 'check' | 'switch' | 'drain' | 'none';
  readonly detail: string;
};

export type Deployed = {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly version: string;
  readonly digest: string;
  /** Of the process that keeps it running. */
  readonly pid: number;
  /** ISO 8601, UTC: when this version began to answer. */
  readonly since: string;
  /** How often the version's process died and was started again. */
  readonly restarts: number;
};

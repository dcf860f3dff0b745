// Written by `npm run fix` from the files of this folder; test/registries.test.ts checks it.

import type { Command } from '../command.ts';
import completion from './completion.ts';
import convert from './convert.ts';
import deploy from './deploy.ts';
import doctor from './doctor.ts';
import evaluate from './evaluate.ts';
import init from './init.ts';
import inspect from './inspect.ts';
import monitor from './monitor.ts';
import predict from './predict.ts';
import rollback from './rollback.ts';
import serve from './serve.ts';
import serveVersion from './serve-version.ts';
import status from './status.ts';
import stop from './stop.ts';
import supervise from './supervise.ts';
import version from './version.ts';

export const commands: readonly Command[] = [
  completion,
  convert,
  deploy,
  doctor,
  evaluate,
  init,
  inspect,
  monitor,
  predict,
  rollback,
  serveVersion,
  serve,
  status,
  stop,
  supervise,
  version,
];

#!/usr/bin/env node
// Hands the process to src/cli/start: argv and streams in, an exit code out.

import process from 'node:process';
import { start } from '../dist/cli/start.js';

await start(process);

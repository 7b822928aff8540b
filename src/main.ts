#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.ts';
import { reportUncaught } from './cli/uncaught.ts';

reportUncaught();
await runCommandLine(process.argv.slice(2));

#!/usr/bin/env node
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const program = join(__dirname, '../dist/main.cjs');
if (existsSync(program)) require(program);
else {
  process.stderr.write(
    'error[usage]: ccgrant is not built\n  hint:   run npm ci (or npm run build) in its directory\n',
  );
  process.exitCode = 2;
}
